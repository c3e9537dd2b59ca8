-- The version of the rules by which a click was judged; 1 for what was judged before versions were told, and for other signals.
ALTER TABLE signal ADD COLUMN rule BIGINT NOT NULL DEFAULT 1;
