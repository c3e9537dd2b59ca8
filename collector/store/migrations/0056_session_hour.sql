-- The hours in which a session has views or signals: whoever asks what is stored of made-up sessions must not make anybody read
-- the hours of all visitors. A row a batch at most, where an index of sessions would cost one a view and a signal. The indexes by
-- the hour lead to the rows of one session in it.
CREATE TABLE session_hour (
    site_id BYTEA NOT NULL,
    session_id BYTEA NOT NULL,
    hour_ms BIGINT NOT NULL,
    CONSTRAINT session_hour_pk PRIMARY KEY (site_id, session_id, hour_ms)
);
INSERT INTO session_hour (site_id, session_id, hour_ms)
SELECT site_id, session_id, hour_ms FROM page_view WHERE session_id IS NOT NULL
UNION SELECT site_id, session_id, hour_ms FROM signal WHERE session_id IS NOT NULL;
DROP INDEX page_view_hour;
CREATE INDEX page_view_hour ON page_view (site_id, hour_ms, session_id);
DROP INDEX signal_hour;
CREATE INDEX signal_hour ON signal (site_id, hour_ms, session_id);
