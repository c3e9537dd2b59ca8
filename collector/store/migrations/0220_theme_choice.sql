-- What people decided of a theme that a machine found in what was written, by the theme's stems: a name of their own (empty: the machine's),
-- not to be shown, or to be a part of the theme with the stems merged_into (empty: of none). label is how it was written when that was decided.
CREATE TABLE theme_choice (
    site_id BYTEA NOT NULL,
    theme_key TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    hidden BIGINT NOT NULL,
    merged_into TEXT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    CONSTRAINT theme_choice_pk PRIMARY KEY (site_id, theme_key)
);
