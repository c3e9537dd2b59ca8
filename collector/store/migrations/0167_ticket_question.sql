-- What a customer is asked after an answer (kind answer) or once a ticket is resolved (resolved), and what they say: whether the answer
-- was true, whether their problem is fixed and whether its cause is, each NULL where they did not say. Of an answer, and of a time that a
-- ticket was resolved, they are asked once.
CREATE TABLE ticket_question (
    site_id BYTEA NOT NULL,
    question_id BYTEA NOT NULL,
    ticket_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    language TEXT NOT NULL,
    asked_at_ms BIGINT NOT NULL,
    answered_at_ms BIGINT,
    was_true BIGINT,
    problem_fixed BIGINT,
    cause_fixed BIGINT,
    words TEXT NOT NULL,
    CONSTRAINT ticket_question_pk PRIMARY KEY (site_id, question_id)
);
CREATE UNIQUE INDEX ticket_question_about ON ticket_question (site_id, ticket_id, about);
