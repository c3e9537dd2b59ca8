//! Addresses of what everybody may open: forms, reviews, pictures and their style sheets. They are answered at the top and below the
//! folder of the script, and a proxy may put them elsewhere still.

use crate::config::Config;

/// The way from a page at `path` to the top of what everybody may open. Whatever a page of ours asks for or links to begins
/// with it, so that a visitor stays below the path under which they came.
pub fn to_top(path: &str) -> String {
    let folders = path.matches('/').count().saturating_sub(1);
    if folders == 0 { ".".to_owned() } else { vec![".."; folders].join("/") }
}

/// The address of `path` for a link from elsewhere: below the script's folder where the settings name one, and a path alone
/// as long as they name no host.
pub fn of(config: &Config, path: &str) -> String {
    let is_named = !(config.script_url.is_empty() && config.public_url.is_empty());
    let path = config.names().path(path).into_owned();
    if is_named { config.script().address(&path) } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_is_as_long_as_the_path_is_deep() {
        for (path, up) in [("/r/shop", ".."), ("/f/shop/survey", "../.."), ("/r/shop/a%2Fb", "../.."), ("/x", ".")] {
            assert_eq!(to_top(path), up, "{path}");
        }
    }

    #[test]
    fn a_link_from_elsewhere_leads_to_the_host_that_the_settings_name() {
        for (public_url, script_url, expected) in [
            ("", "", "/r/shop"),
            ("https://feedback.example.com/", "", "https://feedback.example.com/r/shop"),
            (
                "https://feedback.example.com",
                "https://feedback.example.com/rapport.js",
                "https://feedback.example.com/r/shop",
            ),
            // Whatever pages lead to follows from the script's address.
            (
                "https://feedback.example.com",
                "https://www.example.com/hello/v.js",
                "https://www.example.com/hello/REVIEWS/shop",
            ),
            ("", "https://www.example.com/v.js", "https://www.example.com/REVIEWS/shop"),
        ] {
            let config = Config { public_url: public_url.into(), script_url: script_url.into(), ..Config::default() };
            let reviews = config.names().path("/r").into_owned();
            assert_eq!(of(&config, "/r/shop"), expected.replace("/REVIEWS", &reviews));
        }
    }
}
