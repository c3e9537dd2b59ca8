-- What each key of errors stands for, when it was first and last seen, and into which other key somebody merged it.
CREATE TABLE error_key (
    site_id BYTEA NOT NULL,
    error_key TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    function_name TEXT NOT NULL,
    first_seen_ms BIGINT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    merged_into TEXT,
    CONSTRAINT error_key_pk PRIMARY KEY (site_id, error_key)
);
