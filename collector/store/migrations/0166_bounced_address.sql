-- Addresses to which a mail could not be delivered after a mail server had taken it. kind is hard (it never will be) or soft.
CREATE TABLE bounced_address (
    site_id BYTEA NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    bounces BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL,
    CONSTRAINT bounced_address_pk PRIMARY KEY (site_id, address)
);
