-- What the browser of a session calls itself, such as Firefox on Linux; NULL where nobody said.
ALTER TABLE sign_in ADD COLUMN browser TEXT;
