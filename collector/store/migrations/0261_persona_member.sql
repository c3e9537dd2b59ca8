-- Customers for whom the rule of a persona holds, with everybody who turned out to be one of them; checked_at_ms is when it was found.
CREATE TABLE persona_member (
    site_id BYTEA NOT NULL,
    persona_key TEXT NOT NULL,
    customer_id BYTEA NOT NULL,
    checked_at_ms BIGINT NOT NULL,
    CONSTRAINT persona_member_pk PRIMARY KEY (site_id, persona_key, customer_id)
);
CREATE INDEX persona_member_customer ON persona_member (site_id, customer_id);
