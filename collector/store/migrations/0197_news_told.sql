-- What is told once although it is found again and again (an issue, a target that was missed) or grows (a response): which news, the
-- revision that was told, and when it was last found.
CREATE TABLE news_told (
    site_id BYTEA NOT NULL,
    news_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    found_at_ms BIGINT NOT NULL,
    response_id BYTEA,
    CONSTRAINT news_told_pk PRIMARY KEY (site_id, news_id)
);
CREATE INDEX news_told_time ON news_told (site_id, found_at_ms);
CREATE INDEX news_told_response ON news_told (site_id, response_id) WHERE response_id IS NOT NULL;
