-- The rows of a session are found by it: whoever asks what is stored of made-up sessions must not make anybody read the
-- hours of all visitors. Rows without a session are not in them.
CREATE INDEX page_view_session ON page_view (site_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX signal_session ON signal (site_id, session_id) WHERE session_id IS NOT NULL;
