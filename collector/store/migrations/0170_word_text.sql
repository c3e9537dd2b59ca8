-- What people wrote, a row a text, with the tokens by which it is found: source says what item_id names (answer: a response; ticket, interaction), part the
-- question or the message of it. number tells the rows of all sites apart and grows with the time: milliseconds and 21 bits of chance. score is
-- where the score beside the text stands on its scale, from 0 to 100; language and its tokens are a guess. Removed with what it was taken from.
CREATE TABLE word_text (
    site_id BYTEA NOT NULL,
    source TEXT NOT NULL,
    item_id BYTEA NOT NULL,
    part TEXT NOT NULL,
    number BIGINT NOT NULL,
    survey_id TEXT NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    language TEXT NOT NULL,
    score BIGINT,
    standing TEXT,
    said TEXT NOT NULL,
    tokens TEXT NOT NULL,
    CONSTRAINT word_text_pk PRIMARY KEY (site_id, source, item_id, part)
);
CREATE UNIQUE INDEX word_text_number ON word_text (number, site_id);
CREATE INDEX word_text_time ON word_text (site_id, number);
