-- What the headers of a mail of a conversation say, as JSON: from whom, where answers go, who else gets it and what it answers; NULL
-- for a mail that is part of none. Answers and bounces name the Message-ID.
ALTER TABLE outgoing_mail ADD COLUMN envelope TEXT;
CREATE INDEX outgoing_mail_message ON outgoing_mail (site_id, message_id);
