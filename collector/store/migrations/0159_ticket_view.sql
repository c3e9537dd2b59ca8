-- Filters of the inbox by a name: fields is the query string that gives them.
CREATE TABLE ticket_view (
    site_id BYTEA NOT NULL,
    view_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT ticket_view_pk PRIMARY KEY (site_id, view_id)
);
CREATE UNIQUE INDEX ticket_view_name ON ticket_view (site_id, name);
