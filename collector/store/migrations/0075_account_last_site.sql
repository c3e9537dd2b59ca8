-- The site that a person last looked at; NULL until they looked at one. It may be gone, or they may be its member no more.
ALTER TABLE account ADD COLUMN last_site_id BYTEA;
