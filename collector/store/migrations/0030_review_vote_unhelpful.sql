-- Whether the voter found the review helpful (1) or not (0). NULL in rows from before, when nobody could say no.
ALTER TABLE review_vote ADD COLUMN helpful BIGINT;
