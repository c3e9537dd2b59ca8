-- Known visitors of a persona: browsers of its customers that no other customer uses, and those who are no customer as far as is known.
CREATE TABLE persona_visitor (
    site_id BYTEA NOT NULL,
    persona_key TEXT NOT NULL,
    visitor_key BYTEA NOT NULL,
    checked_at_ms BIGINT NOT NULL,
    CONSTRAINT persona_visitor_pk PRIMARY KEY (site_id, persona_key, visitor_key)
);
CREATE INDEX persona_visitor_visitor ON persona_visitor (site_id, visitor_key);
