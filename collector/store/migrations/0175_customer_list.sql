-- By what lists of customers are ordered: when they were last in contact, which is 0 before the first time, when they came to be known,
-- and name_key, the folded beginning of what they are called. It is NULL where a page or an older collector wrote them down and nobody
-- looked for them since. version counts the changes of what they are called and found by.
ALTER TABLE customer ADD COLUMN name_key BYTEA;
ALTER TABLE customer ADD COLUMN version BIGINT;
CREATE INDEX customer_contact ON customer (site_id, seen_at_ms, customer_id) WHERE merged_into IS NULL;
CREATE INDEX customer_created ON customer (site_id, created_at_ms, customer_id) WHERE merged_into IS NULL;
CREATE INDEX customer_name ON customer (site_id, name_key, customer_id) WHERE merged_into IS NULL;
CREATE INDEX customer_unnamed ON customer (site_id) WHERE name_key IS NULL;
CREATE INDEX customer_merged ON customer (site_id, merged_into) WHERE merged_into IS NOT NULL;
