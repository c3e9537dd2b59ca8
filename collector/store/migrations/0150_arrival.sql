-- Responses that arrived, or arrived anew with a higher revision, and that whoever makes something of them has yet to take: written
-- with the response, and removed once all have. Those of before are taken as well.
CREATE TABLE arrival (
    site_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    arrived_at_ms BIGINT NOT NULL,
    CONSTRAINT arrival_pk PRIMARY KEY (site_id, item_id)
);
INSERT INTO arrival (site_id, item_id, revision, arrived_at_ms) SELECT site_id, item_id, revision, received_at_ms FROM response;
