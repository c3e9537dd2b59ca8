-- Customers who may be one person, the lower id first, and why: cause is mail, phone or browser; state is open, accepted or declined.
-- One that was declined is not proposed again for the same cause.
CREATE TABLE customer_proposal (
    site_id BYTEA NOT NULL,
    one_id BYTEA NOT NULL,
    other_id BYTEA NOT NULL,
    cause TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    proposed_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT customer_proposal_pk PRIMARY KEY (site_id, one_id, other_id, cause)
);
CREATE INDEX customer_proposal_other ON customer_proposal (site_id, other_id);
CREATE INDEX customer_proposal_state ON customer_proposal (site_id, state, proposed_at_ms);
