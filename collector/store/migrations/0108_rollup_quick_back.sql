-- A view fails by a quick-back, too. NULL in the rows from before, when nobody told of them.
ALTER TABLE rollup_page ADD COLUMN quick_back_views BIGINT;
