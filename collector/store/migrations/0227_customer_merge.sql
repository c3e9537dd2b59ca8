-- Customers who turned out to be one person: of the loser's rows nothing changes, customer.merged_into says where they are read. It
-- follows from the merges that were not undone, of which a loser has at most one. cause says why.
CREATE TABLE customer_merge (
    site_id BYTEA NOT NULL,
    merge_id BYTEA NOT NULL,
    loser_id BYTEA NOT NULL,
    winner_id BYTEA NOT NULL,
    cause TEXT NOT NULL,
    actor TEXT NOT NULL,
    merged_at_ms BIGINT NOT NULL,
    undone_at_ms BIGINT,
    CONSTRAINT customer_merge_pk PRIMARY KEY (site_id, merge_id)
);
CREATE UNIQUE INDEX customer_merge_loser ON customer_merge (site_id, loser_id) WHERE undone_at_ms IS NULL;
CREATE INDEX customer_merge_losers ON customer_merge (site_id, loser_id);
CREATE INDEX customer_merge_winner ON customer_merge (site_id, winner_id);
