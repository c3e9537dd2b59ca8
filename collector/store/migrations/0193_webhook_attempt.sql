-- Each attempt to deliver: the status that was answered, or why there was none, and the beginning of the answer.
CREATE TABLE webhook_attempt (
    site_id BYTEA NOT NULL,
    attempt_id BYTEA NOT NULL,
    delivery_id BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    status BIGINT,
    error TEXT NOT NULL,
    answer TEXT NOT NULL,
    CONSTRAINT webhook_attempt_pk PRIMARY KEY (site_id, attempt_id)
);
CREATE INDEX webhook_attempt_delivery ON webhook_attempt (site_id, delivery_id);
