-- Lists of pages add up counts and must not read past the sketches that lie between them.
CREATE INDEX rollup_page_count ON rollup_page (
    site_id, grain, bucket_ms, path, device, views, visits, bounced_visits, duration_ms, engaged_ms,
    scroll_percent, clicks, rage_clicks, rage_views, dead_clicks, dead_views, errors, error_views, failed_views
);
-- One page's signals are found among those of all pages.
CREATE INDEX rollup_signal_path ON rollup_signal (site_id, path, grain, bucket_ms, device, kind, label, signals, views);
