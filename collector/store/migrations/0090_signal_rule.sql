-- The version of the rules by which a click was judged. It is NULL for what was judged before versions were told, which is the
-- first, and for other signals.
ALTER TABLE signal ADD COLUMN rule BIGINT;
