-- The views of a label that may count in another bucket, too: hashes of 8 bytes, sorted (rollup::row). NULL in rows from
-- before, whose views are added up.
ALTER TABLE rollup_signal ADD COLUMN listed_views BYTEA;
