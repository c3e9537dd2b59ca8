-- What a site's reports are often narrowed to, by a name. fields is the part of an address that gives it, without days.
CREATE TABLE segment (
    site_id BYTEA NOT NULL,
    segment_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT segment_pk PRIMARY KEY (site_id, segment_id)
);
CREATE UNIQUE INDEX segment_name ON segment (site_id, name);
