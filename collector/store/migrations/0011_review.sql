-- Secrets of a site by purpose: what signs an order, a recipient of a mail, or the proof that a config was loaded.
CREATE TABLE site_secret (
    site_id BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    secret BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT site_secret_pk PRIMARY KEY (site_id, purpose)
);
-- What is reviewed, as the company names it. type is one of schema.org (Product); a thing nobody described has no row.
CREATE TABLE thing (
    site_id BYTEA NOT NULL,
    thing TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    url TEXT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT thing_pk PRIMARY KEY (site_id, thing)
);
-- One review. state is pending, published or rejected; verified, whether a signed order proves the purchase. A higher
-- revision of the same run, or a later run with the same order, replaces it.
CREATE TABLE review (
    site_id BYTEA NOT NULL,
    review_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    response_id BYTEA,
    thing TEXT NOT NULL,
    stars BIGINT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    verified BIGINT NOT NULL,
    state TEXT NOT NULL,
    helpful BIGINT NOT NULL,
    reply TEXT NOT NULL,
    replied_by TEXT NOT NULL,
    replied_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT review_pk PRIMARY KEY (site_id, review_id)
);
CREATE INDEX review_state ON review (site_id, state, created_at_ms);
CREATE INDEX review_thing ON review (site_id, thing, state, stars, created_at_ms);
CREATE INDEX review_response ON review (site_id, response_id);
-- Who found a review helpful; the voter is the day's visitor key, which nobody can follow once the day's salt is gone.
CREATE TABLE review_vote (
    site_id BYTEA NOT NULL,
    review_id BYTEA NOT NULL,
    visitor_key BYTEA NOT NULL,
    voted_at_ms BIGINT NOT NULL,
    CONSTRAINT review_vote_pk PRIMARY KEY (site_id, review_id, visitor_key)
);
