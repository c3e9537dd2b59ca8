-- What Web Vitals worse than good were of, by page, device, vital and element (rollup::vital): views, and sums of the vital and its parts.
CREATE TABLE rollup_vital (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    vital TEXT NOT NULL,
    element TEXT NOT NULL,
    source TEXT NOT NULL,
    views BIGINT NOT NULL,
    whole BIGINT NOT NULL,
    part_1 BIGINT NOT NULL,
    part_2 BIGINT NOT NULL,
    part_3 BIGINT NOT NULL,
    part_4 BIGINT NOT NULL,
    CONSTRAINT rollup_vital_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, vital, element, source)
);
CREATE INDEX rollup_vital_path ON rollup_vital (site_id, path, grain, bucket_ms);
