-- The versions of the rules for clicks that a site has met. since_ms is the start of the first hour (site's zone) with a click
-- that was judged by it.
CREATE TABLE click_rule (
    site_id BYTEA NOT NULL,
    rule BIGINT NOT NULL,
    since_ms BIGINT NOT NULL,
    CONSTRAINT click_rule_pk PRIMARY KEY (site_id, rule)
);
