-- Scores by what their visitors had met (rollup::fact): met names the facts, those that nobody knows with a question mark;
-- source is that of the visit, empty when it is not known, and failure says whether the view met one by its end. Scores as
-- counts and sums. There are no totals of pages and devices: a row is at most one answer, and those are few.
CREATE TABLE rollup_fact (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    survey_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    failure TEXT NOT NULL,
    met TEXT NOT NULL,
    answers BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    score_sum BIGINT NOT NULL,
    score_squares BIGINT NOT NULL,
    CONSTRAINT rollup_fact_pk PRIMARY KEY (
        site_id, grain, bucket_ms, path, device, survey_id, question_id, kind, source, failure, met
    )
);
INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
SELECT DISTINCT site_id, bucket_ms, site_id, site_id FROM rollup_answer WHERE grain = 'hour'
ON CONFLICT (site_id, hour_ms, collector_id) DO NOTHING;
