-- A picture of a response: one for each part of a question that asks for one. A later attachment_id of the same place takes
-- the earlier one's place. The bytes stand last and apart from the response, so that no list reads them; they are in the
-- database so that one file stays one file to back up, at the price of a larger one.
CREATE TABLE attachment (
    site_id BYTEA NOT NULL,
    response_id BYTEA NOT NULL,
    question_id TEXT NOT NULL,
    part_id TEXT NOT NULL,
    attachment_id BYTEA NOT NULL,
    content_type TEXT NOT NULL,
    width_px BIGINT NOT NULL,
    height_px BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT attachment_pk PRIMARY KEY (site_id, response_id, question_id, part_id)
);
CREATE INDEX attachment_received ON attachment (site_id, received_at_ms);
