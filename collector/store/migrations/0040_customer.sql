-- A person whom the company knows; external_id is what its own systems call them, told by a signature of its server. The
-- id follows from both, so that no collector has to look it up.
CREATE TABLE customer (
    site_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    external_id TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    CONSTRAINT customer_pk PRIMARY KEY (site_id, customer_id)
);
CREATE UNIQUE INDEX customer_external ON customer (site_id, external_id);
-- What belongs to a customer. kind is visitor, and then value the text of the key of a visitor id that lasts: one that
-- belongs to two customers is of a browser they share, and leads to neither.
CREATE TABLE identity (
    site_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    customer_id BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT identity_pk PRIMARY KEY (site_id, kind, value, customer_id)
);
CREATE INDEX identity_customer ON identity (site_id, customer_id);
