-- Why people complain: tickets point to it. issue_id is the issue found on a page; fixed_at_ms is when the cause was last said to be
-- fixed, and first_fixed_at_ms when it first was: tickets opened after that say that it came back.
CREATE TABLE ticket_cause (
    site_id BYTEA NOT NULL,
    cause_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    issue_id BYTEA,
    first_fixed_at_ms BIGINT,
    fixed_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT ticket_cause_pk PRIMARY KEY (site_id, cause_id)
);
CREATE UNIQUE INDEX ticket_cause_name ON ticket_cause (site_id, name);
