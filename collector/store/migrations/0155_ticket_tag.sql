-- What staff calls tickets, beside their kind.
CREATE TABLE ticket_tag (
    site_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    tag TEXT NOT NULL,
    CONSTRAINT ticket_tag_pk PRIMARY KEY (site_id, ticket_id, tag)
);
CREATE INDEX ticket_tag_name ON ticket_tag (site_id, tag);
