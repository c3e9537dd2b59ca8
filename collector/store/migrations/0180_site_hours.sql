-- When a site's staff is there, and what it promises by that: a row a version, the definition as JSON. None is ever changed.
CREATE TABLE site_hours (
    site_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    definition TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT site_hours_pk PRIMARY KEY (site_id, version)
);
