-- A contact with a customer that is no page view, answer or review: channel is call, mail, letter, visit, purchase, refund, chat,
-- message (in the widget), follow_up or note; direction is in (from the customer), out or none. amount_minor is in the smallest unit
-- of currency (ISO 4217). sender_key is what the sender calls it: of the same one there is one. actor is who logged it.
CREATE TABLE interaction (
    site_id BYTEA NOT NULL,
    interaction_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    channel TEXT NOT NULL,
    direction TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    thing TEXT NOT NULL,
    amount_minor BIGINT,
    currency TEXT NOT NULL,
    ticket_id BYTEA,
    sender_key TEXT,
    actor TEXT NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    CONSTRAINT interaction_pk PRIMARY KEY (site_id, interaction_id)
);
CREATE UNIQUE INDEX interaction_sender ON interaction (site_id, sender_key) WHERE sender_key IS NOT NULL;
CREATE INDEX interaction_customer ON interaction (site_id, customer_id, occurred_at_ms);
CREATE INDEX interaction_channel ON interaction (site_id, channel, occurred_at_ms);
