-- What visits add up to on a page in an hour, so that shares of views can allow for views of one visit faring alike:
-- over the visits, their number, their views m and m², and for views with errors, rage clicks, dead clicks or any of
-- them, which number y of each visit, y² and y m. All are NULL where views were counted before there were these columns.
ALTER TABLE rollup_page ADD COLUMN grouped_visits BIGINT;
ALTER TABLE rollup_page ADD COLUMN grouped_views BIGINT;
ALTER TABLE rollup_page ADD COLUMN view_squares BIGINT;
ALTER TABLE rollup_page ADD COLUMN error_squares BIGINT;
ALTER TABLE rollup_page ADD COLUMN error_products BIGINT;
ALTER TABLE rollup_page ADD COLUMN rage_squares BIGINT;
ALTER TABLE rollup_page ADD COLUMN rage_products BIGINT;
ALTER TABLE rollup_page ADD COLUMN dead_squares BIGINT;
ALTER TABLE rollup_page ADD COLUMN dead_products BIGINT;
ALTER TABLE rollup_page ADD COLUMN failed_squares BIGINT;
ALTER TABLE rollup_page ADD COLUMN failed_products BIGINT;
