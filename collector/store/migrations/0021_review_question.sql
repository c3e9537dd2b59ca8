-- The question that a review answered, which its photo belongs to; NULL in rows from before and from servers.
ALTER TABLE review ADD COLUMN question_id TEXT;
