-- Errors by key, page and device (rollup::error): how often, and in how many views by how many visitors. With an empty path it is of all
-- pages, with an empty device of all devices. Errors from before keys were kept have none, so no hour is rolled up anew.
CREATE TABLE rollup_error (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    error_key TEXT NOT NULL,
    errors BIGINT NOT NULL,
    views BIGINT NOT NULL,
    visitors_sketch BYTEA,
    listed_views BYTEA,
    CONSTRAINT rollup_error_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, error_key)
);
CREATE INDEX rollup_error_path ON rollup_error (site_id, path, grain, bucket_ms);
