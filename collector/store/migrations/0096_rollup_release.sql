-- Views of each release that pages named: since when there is one.
CREATE TABLE rollup_release (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    release TEXT NOT NULL,
    views BIGINT NOT NULL,
    CONSTRAINT rollup_release_pk PRIMARY KEY (site_id, grain, bucket_ms, release)
);
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_page WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
