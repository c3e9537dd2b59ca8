-- What is promised of a ticket: kind is first_response, next_response or resolution, round counts next responses. hours_version is that of
-- site_hours by which it is counted. due_at_ms is NULL while its clock waits, and left_ms then says how much business time is left.
CREATE TABLE ticket_target (
    site_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    round BIGINT NOT NULL,
    hours_version BIGINT NOT NULL,
    promised TEXT NOT NULL,
    started_at_ms BIGINT NOT NULL,
    due_at_ms BIGINT,
    met_at_ms BIGINT,
    left_ms BIGINT,
    CONSTRAINT ticket_target_pk PRIMARY KEY (site_id, ticket_id, kind, round)
);
CREATE INDEX ticket_target_due ON ticket_target (site_id, due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX ticket_target_open ON ticket_target (site_id, ticket_id) WHERE met_at_ms IS NULL;
