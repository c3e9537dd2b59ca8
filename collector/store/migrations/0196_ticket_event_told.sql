-- When others were told of what happened to a ticket; NULL for not yet. What happened before there was anybody to tell is told to nobody.
ALTER TABLE ticket_event ADD COLUMN told_at_ms BIGINT;
UPDATE ticket_event SET told_at_ms = occurred_at_ms;
CREATE INDEX ticket_event_untold ON ticket_event (site_id, event_id) WHERE told_at_ms IS NULL;
