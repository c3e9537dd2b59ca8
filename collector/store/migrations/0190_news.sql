-- What happened and has yet to be told to those who asked for it: written with what causes it, and removed once everybody's copy is
-- written. facts, words and person are JSON objects: what anybody may hear, what people wrote, and who they are. audience has the mail
-- addresses of those alone whom it concerns, with spaces between; empty for everybody.
CREATE TABLE news (
    site_id BYTEA NOT NULL,
    news_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    page TEXT NOT NULL,
    path TEXT NOT NULL,
    facts TEXT NOT NULL,
    words TEXT NOT NULL,
    person TEXT NOT NULL,
    audience TEXT NOT NULL,
    customer_id BYTEA,
    response_id BYTEA,
    occurred_at_ms BIGINT NOT NULL,
    CONSTRAINT news_pk PRIMARY KEY (site_id, news_id)
);
