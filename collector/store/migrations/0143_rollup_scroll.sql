-- How far views saw of a page: of how many, and how many of them reached each tenth of it. There are no totals of pages and devices.
CREATE TABLE rollup_scroll (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    views BIGINT NOT NULL,
    reached_10 BIGINT NOT NULL,
    reached_20 BIGINT NOT NULL,
    reached_30 BIGINT NOT NULL,
    reached_40 BIGINT NOT NULL,
    reached_50 BIGINT NOT NULL,
    reached_60 BIGINT NOT NULL,
    reached_70 BIGINT NOT NULL,
    reached_80 BIGINT NOT NULL,
    reached_90 BIGINT NOT NULL,
    reached_100 BIGINT NOT NULL,
    CONSTRAINT rollup_scroll_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device)
);
CREATE INDEX rollup_scroll_path ON rollup_scroll (site_id, path, grain, bucket_ms);
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_page WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
