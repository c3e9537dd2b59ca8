-- Days that have to pass between any two surveys of a site that appear of their own accord; NULL and 0 for none.
ALTER TABLE site ADD COLUMN cooldown_days BIGINT;
