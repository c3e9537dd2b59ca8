-- 1 where a response fills no quota, since its network had given its share of the survey's that day; NULL where it may.
ALTER TABLE response ADD COLUMN beyond_share BIGINT;
