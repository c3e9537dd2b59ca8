-- What was attached to a mail of a ticket. The bytes stand last, so that no list reads them.
CREATE TABLE mail_attachment (
    site_id BYTEA NOT NULL,
    attachment_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    event_id BYTEA NOT NULL,
    place BIGINT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT mail_attachment_pk PRIMARY KEY (site_id, attachment_id)
);
CREATE INDEX mail_attachment_ticket ON mail_attachment (site_id, ticket_id);
