-- What happened to a ticket, in order of time. kind is opened, note, reply, received, acknowledged, state, owner, priority, tag, cause,
-- problem_fixed, cause_fixed, merged, unmerged, asked, confirmed or reopened; actor is the account, customer, participant or robot that did it; detail is JSON, by kind.
CREATE TABLE ticket_event (
    site_id BYTEA NOT NULL,
    event_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    text TEXT NOT NULL,
    detail TEXT NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    CONSTRAINT ticket_event_pk PRIMARY KEY (site_id, event_id)
);
CREATE INDEX ticket_event_ticket ON ticket_event (site_id, ticket_id, occurred_at_ms);
