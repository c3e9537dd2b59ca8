-- What became of what was sent: outcome is accepted, duplicate, rejected or bot; for rejected, field and reason.
CREATE TABLE outcome (
    site_id BYTEA NOT NULL,
    day_ms BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    item_type TEXT NOT NULL,
    field TEXT NOT NULL,
    reason TEXT NOT NULL,
    items BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL,
    CONSTRAINT outcome_pk PRIMARY KEY (site_id, day_ms, outcome, item_type, field, reason)
);
-- Global: the salt of one UTC day's visitor keys, deleted once the day is over.
CREATE TABLE daily_salt (
    day BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    CONSTRAINT daily_salt_pk PRIMARY KEY (day)
);
CREATE TABLE setting (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT setting_pk PRIMARY KEY (name)
);
-- Global: background work, claimed by lease.
CREATE TABLE job (
    job_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    CONSTRAINT job_pk PRIMARY KEY (job_id)
);
-- Global: which collector does a background work that only one may do at a time.
CREATE TABLE lease (
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    CONSTRAINT lease_pk PRIMARY KEY (name)
);
