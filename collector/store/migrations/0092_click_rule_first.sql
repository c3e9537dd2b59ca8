-- What was judged before versions were told.
INSERT INTO click_rule (site_id, rule, since_ms)
SELECT site_id, 1, MIN(hour_ms) FROM signal WHERE kind IN ('rage_click', 'dead_click') GROUP BY site_id;
