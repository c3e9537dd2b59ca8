-- Changes are listed by when they were made, which is not always when they were noted.
CREATE INDEX audit_entry_time ON audit_entry (site_id, occurred_at_ms, entry_id);
