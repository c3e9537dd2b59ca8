-- Open targets whose due time or promise was moved by changed hours: before and after, NULL where there was or is none.
CREATE TABLE ticket_target_change (
    site_id BYTEA NOT NULL,
    change_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    round BIGINT NOT NULL,
    version_before BIGINT NOT NULL,
    version_after BIGINT NOT NULL,
    due_before_ms BIGINT,
    due_after_ms BIGINT,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT ticket_target_change_pk PRIMARY KEY (site_id, change_id)
);
CREATE INDEX ticket_target_change_ticket ON ticket_target_change (site_id, ticket_id, changed_at_ms);
