-- What arrived since somebody looked last, whenever it happened.
CREATE INDEX interaction_received ON interaction (site_id, channel, received_at_ms);
