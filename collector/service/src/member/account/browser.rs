//! What a browser is called in the list of those that are signed in.

use axum::http::{HeaderMap, header};
use rapport_ingest::Browser;

/// Systems by what they have in a `User-Agent`; what another has too comes after it.
const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

/// `Firefox on Linux`; what it cannot tell it leaves out.
pub(super) fn name(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let browser = match Browser::of_user_agent(agent) {
        Browser::Chrome => "Chrome",
        Browser::Edge => "Edge",
        Browser::Firefox => "Firefox",
        Browser::Opera => "Opera",
        Browser::Safari => "Safari",
        Browser::SamsungInternet => "Samsung Internet",
        Browser::Other => "Another browser",
    };
    match SYSTEMS.into_iter().find(|(mark, _)| agent.contains(mark)) {
        Some((_, system)) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_by_name_and_system() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("curl/8", "Another browser"),
            ("", "Another browser"),
        ] {
            let headers = [(header::USER_AGENT, agent.parse().unwrap())].into_iter().collect();
            assert_eq!(name(&headers), expected, "{agent}");
        }
    }
}
