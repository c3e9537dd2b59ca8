-- Who takes part in the conversation of a ticket by mail. part is opener (their mail opened it), customer, copy or sender; standing is
-- agreed, unverified or refused: only those agreed on are written to.
CREATE TABLE ticket_participant (
    site_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    part TEXT NOT NULL,
    standing TEXT NOT NULL,
    added_at_ms BIGINT NOT NULL,
    CONSTRAINT ticket_participant_pk PRIMARY KEY (site_id, ticket_id, address)
);
CREATE INDEX ticket_participant_address ON ticket_participant (site_id, address);
