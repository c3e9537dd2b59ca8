-- Who hears of which news, and how: channel is mail or slack, target a mail address or that of an incoming webhook, cadence now, hours
-- (now, while the site is open), day or week. path narrows to pages that begin with it. shows_words has what people wrote in messages to a
-- chat. The token stands in the links by which whoever gets it stops it.
CREATE TABLE notification_rule (
    site_id BYTEA NOT NULL,
    rule_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    kinds TEXT NOT NULL,
    path TEXT NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    cadence TEXT NOT NULL,
    hour BIGINT NOT NULL,
    shows_words BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    token BYTEA NOT NULL,
    unsubscribed_at_ms BIGINT,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT notification_rule_pk PRIMARY KEY (site_id, rule_id)
);
CREATE UNIQUE INDEX notification_rule_token ON notification_rule (site_id, token);
