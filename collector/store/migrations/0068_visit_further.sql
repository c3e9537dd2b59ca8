-- Visits that had a further view more than an hour after the one they began in: they did not bounce. hour_ms is the hour they
-- began in.
CREATE TABLE visit_further (
    site_id BYTEA NOT NULL,
    hour_ms BIGINT NOT NULL,
    session_id BYTEA NOT NULL,
    CONSTRAINT visit_further_pk PRIMARY KEY (site_id, hour_ms, session_id)
);
