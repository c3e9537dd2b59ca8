-- Mails that came in, and what became of each. mail_key is made of the Message-ID, or of the whole mail where it has none: of the same
-- there is one. text is what it said where it was set aside, so that somebody can look at it; empty otherwise.
CREATE TABLE received_mail (
    site_id BYTEA NOT NULL,
    mail_key BYTEA NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    ticket_id BYTEA,
    received_at_ms BIGINT NOT NULL,
    CONSTRAINT received_mail_pk PRIMARY KEY (site_id, mail_key)
);
CREATE INDEX received_mail_time ON received_mail (site_id, received_at_ms);
CREATE INDEX received_mail_sender ON received_mail (site_id, sender, received_at_ms);
CREATE INDEX received_mail_ticket ON received_mail (site_id, ticket_id) WHERE ticket_id IS NOT NULL;
