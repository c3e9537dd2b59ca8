-- To whom reports are sent. The token stands in the links of their mails; who unsubscribed stays on the list, so that nobody adds
-- them again by mistake.
CREATE TABLE mail_report_recipient (
    site_id BYTEA NOT NULL,
    report_id BYTEA NOT NULL,
    recipient TEXT NOT NULL,
    token BYTEA NOT NULL,
    added_at_ms BIGINT NOT NULL,
    unsubscribed_at_ms BIGINT,
    CONSTRAINT mail_report_recipient_pk PRIMARY KEY (site_id, report_id, recipient)
);
CREATE UNIQUE INDEX mail_report_recipient_token ON mail_report_recipient (site_id, token);
