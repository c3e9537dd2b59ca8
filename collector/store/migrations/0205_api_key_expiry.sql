-- Until when a key may be used; NULL for as long as nobody revokes it.
ALTER TABLE api_key ADD COLUMN expires_at_ms BIGINT;
