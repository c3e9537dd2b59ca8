-- What a team says of an issue that was found: whose it is, how far it is, and when it was fixed with which release. The id is made of
-- page, kind and label, so it is the same whenever the issue is found again; what it counts is never kept here.
CREATE TABLE issue (
    site_id BYTEA NOT NULL,
    issue_id BYTEA NOT NULL,
    page TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    status TEXT NOT NULL,
    owner_account_id BYTEA,
    fixed_at_ms BIGINT,
    fixed_release TEXT NOT NULL,
    note TEXT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    CONSTRAINT issue_pk PRIMARY KEY (site_id, issue_id)
);
