-- By what a customer is found: bytes of UTF-8, so that both engines order them alike and what begins with something is a range. A trait
-- is kept beside the words of its value: the byte 1, its name, the byte 31 and its value.
CREATE TABLE customer_word (
    site_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    word BYTEA NOT NULL,
    CONSTRAINT customer_word_pk PRIMARY KEY (site_id, customer_id, word)
);
CREATE INDEX customer_word_found ON customer_word (site_id, word, customer_id);
