-- Receipts of erasures of customers: what was found where, a JSON object of counts by table, and nothing of whom.
CREATE TABLE erasure (
    site_id BYTEA NOT NULL,
    erasure_id BYTEA NOT NULL,
    actor TEXT NOT NULL,
    found TEXT NOT NULL,
    erased_at_ms BIGINT NOT NULL,
    CONSTRAINT erasure_pk PRIMARY KEY (site_id, erasure_id)
);
CREATE INDEX erasure_time ON erasure (site_id, erased_at_ms, erasure_id);
