//! What is measured of a page view: the one list that the wire, the tables, the rollups and the reports are made from.

/// The list, given to the macro that is named: `view_measures!(page_view)` is `page_view! { counts { … } vitals { … } }`.
///
/// **`counts`**: how often something happened. `name: most, label, what it is`, where `name` is the field on the wire and the
/// column of `page_view` and, added up, of `rollup_page`, and `most` what one view may tell. What is also shown as a share of
/// views has `share(…)`: the columns of `rollup_page` for the views that met it, and for Σ y² and Σ y m over the visits (see
/// `rapport_figures::score::Grouped`).
///
/// **`vitals`**: Web Vitals that may be unknown, in the order of `rapport_figures::vital::Vital::ALL`. `name: most, what it is,
/// sketch`, where `sketch` is the column of `rollup_page` with their distribution.
#[macro_export]
macro_rules! view_measures {
    ($make:ident) => {
        $make! {
            counts {
                clicks: 1_000_000, "Clicks", "Clicks and taps.";
                rage_clicks: 1_000_000, "Rage clicks", "Rage clicks: bursts, not single clicks.",
                    share(rage_views, rage_squares, rage_products);
                dead_clicks: 1_000_000, "Dead clicks", "Clicks on something interactive that had no effect.",
                    share(dead_views, dead_squares, dead_products);
                errors: 1_000_000, "Errors", "Uncaught errors and unhandled rejections, repeats included.",
                    share(error_views, error_squares, error_products);
            }
            vitals {
                lcp_ms: 3_600_000, "Largest Contentful Paint.", lcp_sketch;
                inp_ms: 3_600_000, "Interaction to Next Paint.", inp_sketch;
                cls_e4: 10_000_000, "Cumulative Layout Shift times 10,000.", cls_sketch;
                fcp_ms: 3_600_000, "First Contentful Paint.", fcp_sketch;
                ttfb_ms: 3_600_000, "Time To First Byte.", ttfb_sketch;
            }
        }
    };
}
