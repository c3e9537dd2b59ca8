-- Customers whose traits or merges changed since they were held against the rules of personas, and how often.
CREATE TABLE persona_due (
    site_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    changes BIGINT NOT NULL,
    CONSTRAINT persona_due_pk PRIMARY KEY (site_id, customer_id)
);
