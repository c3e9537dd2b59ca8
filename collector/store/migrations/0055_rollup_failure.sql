-- Hours and days that could not be rolled up: how often it was tried, when and why it last failed, and when it is tried
-- again. Whatever is rolled up has no row.
CREATE TABLE rollup_failure (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failed_at_ms BIGINT NOT NULL,
    retry_at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT rollup_failure_pk PRIMARY KEY (site_id, grain, bucket_ms)
);
