-- When a key was last used, to the hour; NULL where it never was.
ALTER TABLE api_key ADD COLUMN used_at_ms BIGINT;
