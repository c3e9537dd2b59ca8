-- hour_ms is the start of the hour in the site's time zone that occurred_at_ms falls in. The index on it takes new
-- rows at its right edge however much the clients' clocks differ, which an index on their instants would not.
CREATE TABLE page_view (
    site_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    session_id BYTEA,
    visitor_key BYTEA NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    hour_ms BIGINT NOT NULL,
    clamped BIGINT NOT NULL,
    bot BIGINT NOT NULL,
    path TEXT NOT NULL,
    referrer TEXT NOT NULL,
    source TEXT NOT NULL,
    release TEXT NOT NULL,
    language TEXT NOT NULL,
    device TEXT NOT NULL,
    view_index BIGINT NOT NULL,
    navigation BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    hidden_ms BIGINT NOT NULL,
    engaged_ms BIGINT NOT NULL,
    scroll_percent BIGINT NOT NULL,
    clicks BIGINT NOT NULL,
    rage_clicks BIGINT NOT NULL,
    dead_clicks BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    key_events BIGINT NOT NULL,
    lcp_ms BIGINT,
    inp_ms BIGINT,
    cls_e4 BIGINT,
    fcp_ms BIGINT,
    ttfb_ms BIGINT,
    viewport_width_px BIGINT NOT NULL,
    viewport_height_px BIGINT NOT NULL,
    CONSTRAINT page_view_pk PRIMARY KEY (site_id, item_id)
);
CREATE INDEX page_view_hour ON page_view (site_id, hour_ms);
CREATE INDEX page_view_session ON page_view (site_id, session_id);
CREATE TABLE signal (
    site_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    view_id BYTEA NOT NULL,
    session_id BYTEA,
    occurred_at_ms BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    hour_ms BIGINT NOT NULL,
    clamped BIGINT NOT NULL,
    bot BIGINT NOT NULL,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    element TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    count BIGINT NOT NULL,
    CONSTRAINT signal_pk PRIMARY KEY (site_id, item_id)
);
CREATE INDEX signal_hour ON signal (site_id, hour_ms);
CREATE INDEX signal_session ON signal (site_id, session_id);
