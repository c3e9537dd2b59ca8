-- Custom events by page, device, name, and the values of their properties (rollup::event): how often, and in how many views. With an empty
-- path it is of all pages, with an empty device of all devices, with an empty property of all events of the name.
CREATE TABLE rollup_event (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    property TEXT NOT NULL,
    value TEXT NOT NULL,
    events BIGINT NOT NULL,
    views BIGINT NOT NULL,
    listed_views BYTEA,
    CONSTRAINT rollup_event_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, name, property, value)
);
CREATE INDEX rollup_event_path ON rollup_event (site_id, path, grain, bucket_ms);
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_signal WHERE grain = 'hour' AND kind = 'event'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
