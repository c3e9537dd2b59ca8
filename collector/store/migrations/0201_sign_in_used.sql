-- When a session was last used, to the hour; NULL for sessions from before it was noted.
ALTER TABLE sign_in ADD COLUMN used_at_ms BIGINT;
