-- The country that the visitor's address was in, as two letters (ISO 3166-1); empty where it is not known, NULL in rows from before.
ALTER TABLE page_view ADD COLUMN country TEXT;
