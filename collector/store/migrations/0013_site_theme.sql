-- How a site's widget looks: the JSON of shared::theme::Theme. A site without a row has the default theme.
CREATE TABLE site_theme (
    site_id BYTEA NOT NULL,
    definition TEXT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT site_theme_pk PRIMARY KEY (site_id)
);
