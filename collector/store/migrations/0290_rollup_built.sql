-- When an hour's rollups were last put in place, as a mark of its own each time: what was read of the hour's rows under this mark is
-- still true as long as it stands and the hour has no mark of being behind.
CREATE TABLE rollup_built (
    site_id BYTEA NOT NULL,
    hour_ms BIGINT NOT NULL,
    mark BYTEA NOT NULL,
    CONSTRAINT rollup_built_pk PRIMARY KEY (site_id, hour_ms)
);
INSERT INTO rollup_built (site_id, hour_ms, mark)
SELECT site_id, bucket_ms, site_id FROM rollup_page WHERE grain = 'hour' AND path = '' AND device = '';
