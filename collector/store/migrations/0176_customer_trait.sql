-- What the company's systems know of a customer beside how they are reached, each under its name.
CREATE TABLE customer_trait (
    site_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT customer_trait_pk PRIMARY KEY (site_id, customer_id, name)
);
