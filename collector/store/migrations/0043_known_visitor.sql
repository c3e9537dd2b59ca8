-- The key of a visitor whose id lasts (after consent or identification), so that what is stored of them is found. It is NULL
-- for everybody else, and then the index takes no entry: beacons of unknown visitors pay nothing for it.
ALTER TABLE page_view ADD COLUMN known_visitor_key BYTEA;
CREATE INDEX page_view_known_visitor ON page_view (site_id, known_visitor_key) WHERE known_visitor_key IS NOT NULL;
ALTER TABLE signal ADD COLUMN known_visitor_key BYTEA;
CREATE INDEX signal_known_visitor ON signal (site_id, known_visitor_key) WHERE known_visitor_key IS NOT NULL;
