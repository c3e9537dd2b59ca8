-- Who is there and who answers (rollup::crowd): views, and those in which a score was given, by device; of the whole site, whose path
-- is empty, also by the source of the visit. Of both how many failed, and how many were looked at for at least so many seconds
-- and for less than the next.
CREATE TABLE rollup_crowd (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    views BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    failed_views BIGINT NOT NULL,
    failed_answered BIGINT NOT NULL,
    stayed_10_views BIGINT NOT NULL,
    stayed_10_answered BIGINT NOT NULL,
    stayed_30_views BIGINT NOT NULL,
    stayed_30_answered BIGINT NOT NULL,
    stayed_60_views BIGINT NOT NULL,
    stayed_60_answered BIGINT NOT NULL,
    stayed_180_views BIGINT NOT NULL,
    stayed_180_answered BIGINT NOT NULL,
    CONSTRAINT rollup_crowd_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, source)
);
CREATE INDEX rollup_crowd_path ON rollup_crowd (site_id, path, grain, bucket_ms);
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_page WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
