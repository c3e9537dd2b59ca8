-- What a customer is called and reached by, as the company's systems, a file or its staff told it; NULL where nobody did. One who
-- turned out to be another points to that one, and keeps their rows, so that it can be undone.
ALTER TABLE customer ADD COLUMN name TEXT;
ALTER TABLE customer ADD COLUMN mail TEXT;
ALTER TABLE customer ADD COLUMN phone TEXT;
ALTER TABLE customer ADD COLUMN language TEXT;
ALTER TABLE customer ADD COLUMN time_zone TEXT;
ALTER TABLE customer ADD COLUMN merged_into BYTEA;
