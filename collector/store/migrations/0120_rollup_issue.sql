-- On each page, what views met that fails them (rollup::issue): by the kind of failure and what it is counted under, in how many views
-- and visits, and how many of those who answered in such a view complained. Kind view counts every view of the page, and an empty
-- label every view that met any of its kind. Where browser and campaign are * a row is of all of them, and where device is empty of
-- all devices; view_squares and products are what a share of views needs to know of visits.
CREATE TABLE rollup_issue (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    device TEXT NOT NULL,
    browser TEXT NOT NULL,
    campaign TEXT NOT NULL,
    signals BIGINT NOT NULL,
    views BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    view_squares BIGINT NOT NULL,
    products BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    low BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    complaints BIGINT NOT NULL,
    visitors_sketch BYTEA,
    CONSTRAINT rollup_issue_pk PRIMARY KEY (site_id, grain, bucket_ms, path, kind, label, device, browser, campaign)
);
CREATE INDEX rollup_issue_total ON rollup_issue (site_id, grain, device, bucket_ms) WHERE browser = '*';
CREATE INDEX rollup_issue_path ON rollup_issue (site_id, path, grain, bucket_ms);
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_page WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
