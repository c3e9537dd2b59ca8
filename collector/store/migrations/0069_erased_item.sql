-- Items that were erased, by a hash of their ids, for as long as they may be sent again: they are not stored a second time.
CREATE TABLE erased_item (
    site_id BYTEA NOT NULL,
    item_hash BYTEA NOT NULL,
    erased_at_ms BIGINT NOT NULL,
    CONSTRAINT erased_item_pk PRIMARY KEY (site_id, item_hash)
);
