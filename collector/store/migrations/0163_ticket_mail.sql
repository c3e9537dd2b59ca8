-- What is known of a mail of a ticket beside what was said, which stands in its event. direction is in or out; recipients is a JSON list
-- of addresses. choice is asked while nobody said whether a mail that came after the ticket was resolved is about the same, something
-- new or thanks; then same, new or thanks; else empty.
CREATE TABLE ticket_mail (
    site_id BYTEA NOT NULL,
    event_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    direction TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    choice TEXT NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    CONSTRAINT ticket_mail_pk PRIMARY KEY (site_id, event_id)
);
CREATE INDEX ticket_mail_ticket ON ticket_mail (site_id, ticket_id, occurred_at_ms);
CREATE INDEX ticket_mail_choice ON ticket_mail (site_id, ticket_id) WHERE choice = 'asked';
