-- Ways through a site that people are meant to go, by a name: a task with its rules, or a funnel. definition is JSON, as
-- rapport_report::course reads it.
CREATE TABLE course (
    site_id BYTEA NOT NULL,
    course_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT course_pk PRIMARY KEY (site_id, course_id)
);
CREATE UNIQUE INDEX course_name ON course (site_id, kind, name);
