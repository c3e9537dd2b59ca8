-- Which feedback opens a ticket by itself; a site without rows has the usual rules. kind is rating, problem, review or idea; most_stars
-- is for reviews; words_only leaves out what says nothing.
CREATE TABLE ticket_rule (
    site_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    opens BIGINT NOT NULL,
    most_stars BIGINT NOT NULL,
    words_only BIGINT NOT NULL,
    priority TEXT NOT NULL,
    owner_id BYTEA,
    CONSTRAINT ticket_rule_pk PRIMARY KEY (site_id, kind)
);
