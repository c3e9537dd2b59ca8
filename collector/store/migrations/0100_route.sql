-- Which pages of a site are one, where that cannot be told from their paths: pattern is a path with * for a part of it that differs.
CREATE TABLE route (
    site_id BYTEA NOT NULL,
    pattern TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT route_pk PRIMARY KEY (site_id, pattern)
);
