-- The newest views of a known visitor, without the others of theirs.
CREATE INDEX page_view_known_time ON page_view (site_id, known_visitor_key, occurred_at_ms) WHERE known_visitor_key IS NOT NULL;
DROP INDEX page_view_known_visitor;
