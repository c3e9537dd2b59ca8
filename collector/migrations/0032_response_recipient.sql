-- To whom the link was sent that the response came by, as the company calls them; NULL for most.
ALTER TABLE response ADD COLUMN recipient TEXT;
