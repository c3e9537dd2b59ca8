-- The response that an answered step speaks of, so that a lost one is known by its id; all zeros when it arrived and was erased
-- since, NULL for other steps and in rows from before.
ALTER TABLE delivery ADD COLUMN response_id BYTEA;
