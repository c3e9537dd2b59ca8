-- What customers are asked, or called about, some time after something happened. cause is purchase or resolved, counts is business or
-- calendar (days), way is mail or call. It is asked from minute from_minute on and before until_minute of the customer's day.
-- looked_until_ms is up to when what happened was looked through.
CREATE TABLE follow_up_plan (
    site_id BYTEA NOT NULL,
    plan_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    cause TEXT NOT NULL,
    days BIGINT NOT NULL,
    counts TEXT NOT NULL,
    way TEXT NOT NULL,
    survey_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    stop_label TEXT NOT NULL,
    from_minute BIGINT NOT NULL,
    until_minute BIGINT NOT NULL,
    active BIGINT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    looked_until_ms BIGINT NOT NULL,
    CONSTRAINT follow_up_plan_pk PRIMARY KEY (site_id, plan_id)
);
