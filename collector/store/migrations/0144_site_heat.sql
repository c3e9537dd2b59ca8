-- Of how many views in a hundred clicks are kept for heat maps; NULL for none.
ALTER TABLE site ADD COLUMN heat_percent BIGINT;
