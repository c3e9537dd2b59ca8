-- How forms are filled in. A row with an empty field is of the form itself: of how many uses, how many were completed, and how long these
-- took. Any other row is of a field: of how many uses it was touched in, and of what was done there; left counts the uses that were given up
-- with it as the last. Of uses that were completed the same counts again, to be compared with those that were not. places adds up
-- where it stands in the form.
CREATE TABLE rollup_form (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    form TEXT NOT NULL,
    field TEXT NOT NULL,
    uses BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    returns BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    returned_completed BIGINT NOT NULL,
    refills BIGINT NOT NULL,
    refilled BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    faulted BIGINT NOT NULL,
    autofilled BIGINT NOT NULL,
    left_at BIGINT NOT NULL,
    places BIGINT NOT NULL,
    time_sketch BYTEA,
    CONSTRAINT rollup_form_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, form, field)
);
