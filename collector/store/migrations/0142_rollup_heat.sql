-- Clicks by element for heat maps: place is where the element is in its page, size the width class of the window. cells are the bytes of
-- figures::sketch::cells: how often each cell of the element, of its parent and of the parent of that was hit, rage and dead clicks
-- again apart.
CREATE TABLE rollup_heat (
    site_id BYTEA NOT NULL,
    grain TEXT NOT NULL,
    bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL,
    device TEXT NOT NULL,
    size TEXT NOT NULL,
    element TEXT NOT NULL,
    place TEXT NOT NULL,
    clicks BIGINT NOT NULL,
    rage BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    cells BYTEA,
    CONSTRAINT rollup_heat_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, size, element, place)
);
CREATE INDEX rollup_heat_path ON rollup_heat (site_id, path, grain, bucket_ms);
