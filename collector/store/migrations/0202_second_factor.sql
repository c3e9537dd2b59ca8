-- Global: the secret that an account shares with an app which shows codes (RFC 6238). NULL confirmed_at_ms as long as no code was
-- given; last_step is the step of the last code that was taken, so that none is taken twice.
CREATE TABLE second_factor (
    account_id BYTEA NOT NULL,
    secret BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    confirmed_at_ms BIGINT,
    CONSTRAINT second_factor_pk PRIMARY KEY (account_id)
);
