-- The rows of one visit in 128, by the last byte of its id, which is random: ways through a site with many visits are followed in these. No common
-- dialect writes a byte, so each engine gets its own.
-- only on sqlite
CREATE INDEX page_view_sample ON page_view (site_id, hour_ms) WHERE substr(session_id, 16) < x'02';
CREATE INDEX signal_sample ON signal (site_id, hour_ms) WHERE substr(session_id, 16) < x'02';
-- only on postgres
CREATE INDEX page_view_sample ON page_view (site_id, hour_ms) WHERE substr(session_id, 16) < '\x02'::bytea;
CREATE INDEX signal_sample ON signal (site_id, hour_ms) WHERE substr(session_id, 16) < '\x02'::bytea;
