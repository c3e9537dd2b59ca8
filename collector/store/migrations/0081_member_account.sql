-- Every page lists the sites of whoever looks at it.
CREATE INDEX member_account ON member (account_id, site_id);
