-- From here on response.item_id (and what refers to it) follows from the id that the browser sent and cannot be turned back
-- into it: see ingest::public_id. Rows from before keep the id that was sent; the time of this migration tells them apart.
INSERT INTO setting (name, value) VALUES ('response_id', 'public') ON CONFLICT (name) DO NOTHING;
