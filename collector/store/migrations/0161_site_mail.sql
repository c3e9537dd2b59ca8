-- How a site writes to its customers and hears from them by mail. address is where they write to, in lower case; empty for the one of
-- the settings. acknowledges and asks say what is written to them without anybody's doing.
CREATE TABLE site_mail (
    site_id BYTEA NOT NULL,
    address TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    acknowledges BIGINT NOT NULL,
    asks BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT site_mail_pk PRIMARY KEY (site_id)
);
CREATE INDEX site_mail_address ON site_mail (site_id, address);
