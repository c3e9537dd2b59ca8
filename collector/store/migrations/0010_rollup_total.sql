-- A row of a rollup with an empty path is of all pages, with an empty device of all devices: whoever looks at a whole
-- site adds up one row where there were hundreds. Every hour is rolled up anew to get these rows.
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_page WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
DROP INDEX rollup_page_count;
CREATE INDEX rollup_page_count ON rollup_page (
    site_id, grain, device, bucket_ms, path, views, visits, bounced_visits, duration_ms, engaged_ms,
    scroll_percent, clicks, rage_clicks, rage_views, dead_clicks, dead_views, errors, error_views, failed_views
);
-- Answers of the site or of one page over time, and scores by page.
CREATE INDEX rollup_answer_time ON rollup_answer (
    site_id, path, device, grain, bucket_ms, survey_id, question_id, kind, value, answers
);
CREATE INDEX rollup_answer_path ON rollup_answer (site_id, grain, device, bucket_ms, path, kind, value, answers);
CREATE INDEX rollup_survey_time ON rollup_survey (site_id, path, device, grain, bucket_ms);
