-- A view fails by poor Web Vitals and by failed or abandoned tasks, too: views with each, and with any poor vital. NULL in the
-- rows from before; every hour is rolled up anew to get them, and to count them among the failed views.
ALTER TABLE rollup_page ADD COLUMN poor_lcp_views BIGINT;
ALTER TABLE rollup_page ADD COLUMN poor_inp_views BIGINT;
ALTER TABLE rollup_page ADD COLUMN poor_cls_views BIGINT;
ALTER TABLE rollup_page ADD COLUMN poor_views BIGINT;
ALTER TABLE rollup_page ADD COLUMN failed_task_views BIGINT;
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_page WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
