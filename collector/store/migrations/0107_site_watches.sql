-- What pages of a site watch that not every site asks for: images that do not load, requests that fail; separated by spaces. NULL for nothing.
ALTER TABLE site ADD COLUMN watches TEXT;
