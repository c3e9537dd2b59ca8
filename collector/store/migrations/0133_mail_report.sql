-- Reports that are sent by mail: what they are about (the part of an address that narrows), how often, from which hour of the site's
-- days on, and when next.
CREATE TABLE mail_report (
    site_id BYTEA NOT NULL,
    report_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    cadence TEXT NOT NULL,
    hour BIGINT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    CONSTRAINT mail_report_pk PRIMARY KEY (site_id, report_id)
);
CREATE INDEX mail_report_next ON mail_report (site_id, next_at_ms);
