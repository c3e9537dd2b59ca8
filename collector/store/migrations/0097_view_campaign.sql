-- What the address of the page named as its campaign (utm_campaign), empty for none, and the browser of the visitor as its User-Agent
-- says. Both are NULL in the views from before they were kept.
ALTER TABLE page_view ADD COLUMN campaign TEXT;
ALTER TABLE page_view ADD COLUMN browser TEXT;
