-- Feedback that somebody has to act on. kind is rating, problem, review, idea, message or other; state is new, acknowledged,
-- in_progress, waiting or resolved; priority is low, normal, high or urgent. code is what people call it. problem_fixed and
-- cause_fixed are the two halves of resolved, NULL while nobody said. One that was merged points to the other, and keeps its rows.
-- standing is low where a score of its response stands there, else empty; words says whether something was said. issue_id is the issue
-- found that it was opened from. version counts the changes of staff, and change_id is the event of the last: of two who change it at
-- the same time, one is told.
CREATE TABLE ticket (
    site_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    path TEXT NOT NULL,
    standing TEXT NOT NULL,
    words BIGINT NOT NULL,
    response_id BYTEA,
    review_id BYTEA,
    customer_id BYTEA,
    issue_id BYTEA,
    state TEXT NOT NULL,
    priority TEXT NOT NULL,
    owner_id BYTEA,
    cause_id BYTEA,
    problem_fixed BIGINT,
    cause_fixed BIGINT,
    merged_into BYTEA,
    reopened BIGINT NOT NULL,
    version BIGINT NOT NULL,
    change_id BYTEA NOT NULL,
    opened_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    resolved_at_ms BIGINT,
    CONSTRAINT ticket_pk PRIMARY KEY (site_id, ticket_id)
);
CREATE UNIQUE INDEX ticket_code ON ticket (site_id, code);
CREATE UNIQUE INDEX ticket_response ON ticket (site_id, response_id) WHERE response_id IS NOT NULL;
CREATE INDEX ticket_state ON ticket (site_id, state, changed_at_ms);
CREATE INDEX ticket_merged ON ticket (site_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ticket_of_cause ON ticket (site_id, cause_id) WHERE cause_id IS NOT NULL;
CREATE INDEX ticket_customer ON ticket (site_id, customer_id) WHERE customer_id IS NOT NULL;
