-- The key that value is the text of, so that page views of customers are found by it. It is NULL in the rows from before, which a
-- collector fills when it starts.
ALTER TABLE identity ADD COLUMN visitor_key BYTEA;
CREATE INDEX identity_visitor ON identity (site_id, visitor_key) WHERE visitor_key IS NOT NULL;
-- Known visitors are few among all: their views of some days are found without the others.
CREATE INDEX page_view_known_hour ON page_view (site_id, hour_ms) WHERE known_visitor_key IS NOT NULL;
