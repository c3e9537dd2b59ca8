-- One person's run through a survey version; a higher revision replaces a lower one. trail is a JSON array of
-- shared::wire::TrailEvent, page the JSON of shared::wire::PageView at the time of the response (or empty).
CREATE TABLE response (
    site_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    survey_id TEXT NOT NULL,
    survey_version BIGINT NOT NULL,
    view_id BYTEA,
    session_id BYTEA,
    visitor_key BYTEA,
    occurred_at_ms BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    hour_ms BIGINT NOT NULL,
    clamped BIGINT NOT NULL,
    bot BIGINT NOT NULL,
    path TEXT NOT NULL,
    language TEXT NOT NULL,
    device TEXT NOT NULL,
    duration_ms BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    trail TEXT NOT NULL,
    trail_withheld BIGINT NOT NULL,
    page TEXT NOT NULL,
    CONSTRAINT response_pk PRIMARY KEY (site_id, item_id)
);
CREATE INDEX response_survey ON response (site_id, survey_id, occurred_at_ms);
CREATE INDEX response_hour ON response (site_id, hour_ms);
-- score for the scored kinds; choices a JSON array of choice ids; text the words. position is the place in the run.
CREATE TABLE answer (
    site_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    question_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    score BIGINT,
    choices TEXT NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT answer_pk PRIMARY KEY (site_id, item_id, question_id)
);
-- The delivery log: shown, started, answered, closed.
CREATE TABLE delivery (
    site_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    hour_ms BIGINT NOT NULL,
    clamped BIGINT NOT NULL,
    bot BIGINT NOT NULL,
    survey_id TEXT NOT NULL,
    survey_version BIGINT NOT NULL,
    event TEXT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    CONSTRAINT delivery_pk PRIMARY KEY (site_id, item_id)
);
CREATE INDEX delivery_hour ON delivery (site_id, hour_ms);
