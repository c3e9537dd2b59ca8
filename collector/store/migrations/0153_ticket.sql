-- Feedback that somebody has to act on. kind is rating, problem, review, idea, message or other; state is new, acknowledged,
-- in_progress, waiting or resolved; priority is low, normal, high or urgent. code is what people call it. problem_fixed and
-- cause_fixed are the two halves of resolved, NULL while nobody said. One that was merged points to the other, and keeps its rows.
CREATE TABLE ticket (
    site_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    path TEXT NOT NULL,
    response_id BYTEA,
    review_id BYTEA,
    customer_id BYTEA,
    state TEXT NOT NULL,
    priority TEXT NOT NULL,
    owner_id BYTEA,
    cause_id BYTEA,
    problem_fixed BIGINT,
    cause_fixed BIGINT,
    merged_into BYTEA,
    reopened BIGINT NOT NULL,
    opened_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    resolved_at_ms BIGINT,
    CONSTRAINT ticket_pk PRIMARY KEY (site_id, ticket_id)
);
CREATE UNIQUE INDEX ticket_code ON ticket (site_id, code);
CREATE UNIQUE INDEX ticket_response ON ticket (site_id, response_id) WHERE response_id IS NOT NULL;
CREATE INDEX ticket_state ON ticket (site_id, state, changed_at_ms);
CREATE INDEX ticket_customer ON ticket (site_id, customer_id) WHERE customer_id IS NOT NULL;
