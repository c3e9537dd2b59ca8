-- Members whom a note of a ticket mentions; seen_at_ms is NULL until they opened the ticket.
CREATE TABLE ticket_mention (
    site_id BYTEA NOT NULL,
    event_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    seen_at_ms BIGINT,
    CONSTRAINT ticket_mention_pk PRIMARY KEY (site_id, event_id, account_id)
);
CREATE INDEX ticket_mention_account ON ticket_mention (site_id, account_id);
CREATE INDEX ticket_mention_ticket ON ticket_mention (site_id, ticket_id);
