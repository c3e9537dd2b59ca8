-- Counts and mergeable sketches. grain is 'hour' or 'day'; bucket_ms its start in the site's time zone. Bots are not
-- counted. A row with an empty path is the whole site. Sketches are the bytes of shared::sketch, NULL when empty.
CREATE TABLE rollup_page (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    views BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    bounced_visits BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    engaged_ms BIGINT NOT NULL,
    scroll_percent BIGINT NOT NULL,
    clicks BIGINT NOT NULL,
    rage_clicks BIGINT NOT NULL,
    rage_views BIGINT NOT NULL,
    dead_clicks BIGINT NOT NULL,
    dead_views BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    error_views BIGINT NOT NULL,
    failed_views BIGINT NOT NULL,
    visitors_sketch BYTEA,
    engaged_sketch BYTEA,
    lcp_sketch BYTEA,
    inp_sketch BYTEA,
    cls_sketch BYTEA,
    fcp_sketch BYTEA,
    ttfb_sketch BYTEA,
    CONSTRAINT rollup_page_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device)
);
CREATE INDEX rollup_page_path ON rollup_page (site_id, path, grain, bucket_ms);
-- Signals by what and where: label is the element, or the name and message of an error, or the task and its step.
CREATE TABLE rollup_signal (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    signals BIGINT NOT NULL,
    views BIGINT NOT NULL,
    CONSTRAINT rollup_signal_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, kind, label)
);
-- Answers by value: the score as text for scored kinds, 'text' for words, the choice id for choices and the empty
-- value for everyone who answered such a question.
CREATE TABLE rollup_answer (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    survey_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    answers BIGINT NOT NULL,
    CONSTRAINT rollup_answer_pk PRIMARY KEY (site_id, grain, bucket_ms, survey_id, question_id, kind, value, path, device)
);
-- Delivery by step, and responses stored and finished.
CREATE TABLE rollup_survey (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    survey_id TEXT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    shown BIGINT NOT NULL,
    started BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    responses BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    CONSTRAINT rollup_survey_pk PRIMARY KEY (site_id, grain, bucket_ms, survey_id, path, device)
);
-- Hours whose rollups are behind the rows. Each collector marks for itself, so that two never wait for one another;
-- mark changes with every write, so that a rebuild deletes only the mark it saw.
CREATE TABLE rollup_dirty (
    site_id BYTEA NOT NULL,
    hour_ms BIGINT NOT NULL,
    collector_id BYTEA NOT NULL,
    mark BYTEA NOT NULL,
    CONSTRAINT rollup_dirty_pk PRIMARY KEY (site_id, hour_ms, collector_id)
);
-- Days whose day rows are behind their hour rows; rebuilt once the day is over, so that today is read by the hour.
CREATE TABLE rollup_dirty_day (
    site_id BYTEA NOT NULL,
    day_ms BIGINT NOT NULL,
    mark BYTEA NOT NULL,
    CONSTRAINT rollup_dirty_day_pk PRIMARY KEY (site_id, day_ms)
);
