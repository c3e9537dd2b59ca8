-- One site is one website. The key is public and write-only; origins are a JSON array of strings.
-- The column types are the common ground of both engines: BIGINT, DOUBLE PRECISION, TEXT and BYTEA (in SQLite a
-- column declared BYTEA keeps the blob that was bound). Instants are epoch milliseconds, ids 16 bytes of a UUIDv7.
CREATE TABLE site (
    site_id BYTEA NOT NULL,
    site_key TEXT NOT NULL,
    name TEXT NOT NULL,
    origins TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    accent_color TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT site_pk PRIMARY KEY (site_id)
);
