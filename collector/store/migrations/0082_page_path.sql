-- Paths are kept in one way of writing since then. A job a site brings the rows from before to it, and marks their hours.
INSERT INTO job (job_id, kind, idempotency_key, site_id, payload, state, due_at_ms, changed_at_ms, attempts, revision, lease_until_ms)
SELECT site_id, 'page_path', site_key, site_id, 'null', 'waiting', 0, 0, 0, 0, 0 FROM site;
