-- What a rule has to tell: it waits until the rule's next message, and is known afterwards so that it is told once and can be compared
-- with. words is what somebody wrote, where the rule shows it, until it was told.
CREATE TABLE notice (
    site_id BYTEA NOT NULL,
    rule_id BYTEA NOT NULL,
    news_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    page TEXT NOT NULL,
    path TEXT NOT NULL,
    words TEXT NOT NULL,
    customer_id BYTEA,
    response_id BYTEA,
    occurred_at_ms BIGINT NOT NULL,
    told_at_ms BIGINT,
    CONSTRAINT notice_pk PRIMARY KEY (site_id, rule_id, news_id)
);
CREATE INDEX notice_time ON notice (site_id, occurred_at_ms);
CREATE INDEX notice_waiting ON notice (site_id, rule_id) WHERE told_at_ms IS NULL;
CREATE INDEX notice_customer ON notice (site_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX notice_response ON notice (site_id, response_id) WHERE response_id IS NOT NULL;
