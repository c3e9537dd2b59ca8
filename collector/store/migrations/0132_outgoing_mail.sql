-- Mails on their way out, and what became of them. about says what a mail is for: to one recipient there is one about the same.
-- text and html are emptied once it was sent or given up; message_id is what replies refer to.
CREATE TABLE outgoing_mail (
    site_id BYTEA NOT NULL,
    mail_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    unsubscribe TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT outgoing_mail_pk PRIMARY KEY (site_id, mail_id)
);
CREATE UNIQUE INDEX outgoing_mail_about ON outgoing_mail (site_id, about, recipient);
CREATE INDEX outgoing_mail_time ON outgoing_mail (site_id, created_at_ms, mail_id);
