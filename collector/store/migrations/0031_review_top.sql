-- How many did not find a review helpful, and what the list is ranked by: the lower bound of the 95 % Wilson interval of
-- the share of voters who did, in millionths. NULL stands for none and 0.
ALTER TABLE review ADD COLUMN unhelpful BIGINT;
ALTER TABLE review ADD COLUMN rank_e6 BIGINT;
