-- One thing that is asked of one customer by a plan: of the same cause there is one. state is waiting, calling, sent, done or skipped, and
-- reason says why not. token stands in the link by which they are asked no more, address is where a mail went.
CREATE TABLE follow_up (
    site_id BYTEA NOT NULL,
    follow_up_id BYTEA NOT NULL,
    plan_id BYTEA NOT NULL,
    cause_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    caused_at_ms BIGINT NOT NULL,
    due_at_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    token BYTEA NOT NULL,
    address TEXT NOT NULL,
    mail_id BYTEA,
    unsubscribed_at_ms BIGINT,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT follow_up_pk PRIMARY KEY (site_id, follow_up_id)
);
CREATE UNIQUE INDEX follow_up_cause ON follow_up (site_id, plan_id, cause_id);
CREATE UNIQUE INDEX follow_up_token ON follow_up (site_id, token);
CREATE INDEX follow_up_due ON follow_up (site_id, state, due_at_ms);
CREATE INDEX follow_up_customer ON follow_up (site_id, customer_id);
CREATE INDEX follow_up_stopped ON follow_up (site_id, address) WHERE unsubscribed_at_ms IS NOT NULL;
