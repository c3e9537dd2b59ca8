-- What a team marks on its charts: a release or a note, and when. The id is that of whoever sent it, so that sending it again
-- changes nothing; actor is who added it, as the audit names people, keys and the command line.
CREATE TABLE annotation (
    site_id BYTEA NOT NULL,
    annotation_id BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT annotation_pk PRIMARY KEY (site_id, annotation_id)
);
CREATE INDEX annotation_time ON annotation (site_id, at_ms, annotation_id);
