-- Addresses that are not written to, by a keyed hash: cause is unsubscribed or refused (by a mail server, for good). It stays when
-- a customer is erased, so that the next import does not write to them; who they were, it does not tell.
CREATE TABLE stopped_address (
    site_id BYTEA NOT NULL,
    address_hash BYTEA NOT NULL,
    cause TEXT NOT NULL,
    stopped_at_ms BIGINT NOT NULL,
    CONSTRAINT stopped_address_pk PRIMARY KEY (site_id, address_hash, cause)
);
