-- As of which change the targets of a ticket were reckoned; NULL for not yet.
ALTER TABLE ticket ADD COLUMN reckoned_at_ms BIGINT;
CREATE INDEX ticket_unreckoned ON ticket (site_id, ticket_id) WHERE reckoned_at_ms IS NULL OR reckoned_at_ms <> changed_at_ms;
