-- The index of tokens. No common dialect has one, so each engine gets its own over the same tokens, which begin with their site: SQLite an FTS5 table that
-- keeps no texts and overwrites what is taken out of it, PostgreSQL a GIN index.
-- only on sqlite
CREATE VIRTUAL TABLE word_index USING fts5 (
    tokens, content='word_text', content_rowid='number', columnsize=0, detail=none, tokenize='ascii'
);
INSERT INTO word_index (word_index, rank) VALUES ('secure-delete', 1);
-- only on postgres
CREATE INDEX word_index ON word_text USING gin (array_to_tsvector(string_to_array(tokens, ' ')));
