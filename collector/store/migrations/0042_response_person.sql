-- The customer who signed a response, and the ways from a person to their responses.
ALTER TABLE response ADD COLUMN customer_id BYTEA;
CREATE INDEX response_customer ON response (site_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX response_visitor ON response (site_id, visitor_key) WHERE visitor_key IS NOT NULL;
CREATE INDEX response_session ON response (site_id, session_id) WHERE session_id IS NOT NULL;
