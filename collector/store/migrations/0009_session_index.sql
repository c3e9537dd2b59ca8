-- Sessions are found by the hour. An index on them dirtied a page for every visitor of a commit, in two tables.
DROP INDEX page_view_session;
DROP INDEX signal_session;
