-- Global: background work that waits for its time, or that a collector is at. The table of before was never written.
-- state is waiting, running, done or failed; done and failed ones stay for a while. A holder has the job until lease_until_ms.
-- due_at_ms was reckoned at changed_at_ms, so that a clock that is set back is noticed. revision counts how often it was asked
-- for anew.
DROP TABLE job;
CREATE TABLE job (
    job_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    site_id BYTEA,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    holder BYTEA,
    lease_until_ms BIGINT NOT NULL,
    last_error TEXT,
    CONSTRAINT job_pk PRIMARY KEY (job_id),
    CONSTRAINT job_key_unique UNIQUE (kind, idempotency_key)
);
CREATE INDEX job_due ON job (state, due_at_ms);
