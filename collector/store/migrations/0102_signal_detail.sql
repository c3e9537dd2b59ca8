-- What a signal says besides: of an error the function, file and place of the frame that tells most, of a custom event its properties, of
-- a vital what it is made of (store::signal_detail, as JSON). error_key says which errors are one: the version of the rule and a hash of
-- type, file and function, or of the message where there is no stack. Both are NULL for other signals, and for those from before.
ALTER TABLE signal ADD COLUMN error_key TEXT;
ALTER TABLE signal ADD COLUMN detail TEXT;
CREATE INDEX signal_error ON signal (site_id, error_key, occurred_at_ms) WHERE error_key IS NOT NULL;
