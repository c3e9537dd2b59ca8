-- What an address is told of one piece of news, and how far that is: waiting, delivered or failed. webhook_id is that of a webhook, or of
-- a rule whose messages go to an address. customer_id and response_id say whose it is, so that it is erased with them.
CREATE TABLE webhook_delivery (
    site_id BYTEA NOT NULL,
    delivery_id BYTEA NOT NULL,
    webhook_id BYTEA NOT NULL,
    news_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    customer_id BYTEA,
    response_id BYTEA,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT webhook_delivery_pk PRIMARY KEY (site_id, delivery_id)
);
CREATE UNIQUE INDEX webhook_delivery_news ON webhook_delivery (site_id, webhook_id, news_id);
CREATE INDEX webhook_delivery_time ON webhook_delivery (site_id, webhook_id, created_at_ms);
CREATE INDEX webhook_delivery_due ON webhook_delivery (site_id, webhook_id, next_at_ms) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_customer ON webhook_delivery (site_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX webhook_delivery_response ON webhook_delivery (site_id, response_id) WHERE response_id IS NOT NULL;
