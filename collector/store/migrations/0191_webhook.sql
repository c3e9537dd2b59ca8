-- Addresses that are told of news. kinds has the names of what each asked for, with spaces between; personal is nothing, words or all.
-- Until former_secret_until_ms what is sent is signed with the secret of before as well.
CREATE TABLE webhook (
    site_id BYTEA NOT NULL,
    webhook_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    personal TEXT NOT NULL,
    secret TEXT NOT NULL,
    former_secret TEXT NOT NULL,
    former_secret_until_ms BIGINT NOT NULL,
    disabled_at_ms BIGINT,
    disabled_because TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT webhook_pk PRIMARY KEY (site_id, webhook_id)
);
