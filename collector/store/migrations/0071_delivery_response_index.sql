-- From a response to the steps that speak of it: only the answered ones do.
CREATE INDEX delivery_response ON delivery (site_id, response_id) WHERE response_id IS NOT NULL;
