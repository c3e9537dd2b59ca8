-- Kinds of people whom a site is made for. demographics, identifiers, goals, problems and solutions are one line each entry; rule says
-- who is one of them, a condition a line; owner is who looks after it. built_at_ms is when everybody was last held against the rule, 0
-- before the first time and after the rule changed; looked_at_ms up to when changes of people were heeded.
CREATE TABLE persona (
    site_id BYTEA NOT NULL,
    persona_key TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    demographics TEXT NOT NULL,
    identifiers TEXT NOT NULL,
    goals TEXT NOT NULL,
    problems TEXT NOT NULL,
    solutions TEXT NOT NULL,
    rule TEXT NOT NULL,
    version BIGINT NOT NULL,
    built_at_ms BIGINT NOT NULL,
    looked_at_ms BIGINT NOT NULL,
    CONSTRAINT persona_pk PRIMARY KEY (site_id, persona_key)
);
