-- What a customer was asked on any of their devices: of each survey the last day (UTC, counted from 1970) and how far it ever
-- got (shown, closed or answered); under the empty name the last day on which any survey appeared of its own accord.
CREATE TABLE customer_asked (
    site_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    survey_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    CONSTRAINT customer_asked_pk PRIMARY KEY (site_id, customer_id, survey_id)
);
