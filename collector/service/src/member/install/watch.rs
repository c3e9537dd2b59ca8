//! Why no view is there yet, as far as the collector can tell: what it saw instead, and what to do about it.

use crate::member::reading::*;
use crate::public::config::TagSeen;
use rapport_report::install::Install;
use rapport_report::response::Time;
use rapport_store::site::outcome::ItemKind;

/// One thing that was seen, or was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What.
    pub told: String,
    /// What to do about it.
    pub advice: String,
    /// Whether it says that things go well so far.
    pub is_good: bool,
}

fn finding(told: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { told: told.into(), advice: advice.into(), is_good: false }
}

/// What was seen of a site of which nothing arrived yet. Seen is who fetched the tag last, with the time of it.
pub(super) fn findings(report: &Install, seen: Option<(&TagSeen, Time)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(foreign) = report.foreign.first() {
        findings.push(finding(
            format!(
                "Pages of {} carry the tag, and are refused: {} is no origin of this site.",
                foreign.origin, foreign.origin
            ),
            "Add it to the origins in the settings, if the page is yours.",
        ));
    }
    let bots: u64 = report.outcomes.iter().map(|of| of.bot).sum();
    let refused: u64 = report.outcomes.iter().map(|of| of.rejected).sum();
    if bots > 0 {
        findings.push(finding(
            "A robot opened the page: what it sends is kept, and counted nowhere.",
            "Open the page in a browser that no program drives.",
        ));
    }
    if refused > 0 {
        findings.push(finding("Something was sent and rejected.", "The reasons stand at the end of this page."));
    }
    match seen {
        None if findings.is_empty() => findings.push(finding(
            "The tag was never fetched by a page of this site.",
            "Is the tag in the page that is served, not in a draft of it? Does its content security policy let scripts and \
             connections through to the collector? Can a browser reach the collector at this address?",
        )),
        None => {}
        Some((seen, at)) => {
            let place = if seen.origin.is_empty() { "a page".to_owned() } else { format!("a page of {}", seen.origin) };
            let told = format!("The tag was fetched by {place}, {}.", at.text());
            if seen.is_robot {
                findings.push(finding(format!("{told} It was a robot."), "Open the page in a browser that no program drives."));
            } else if seen.asks_for_privacy {
                findings.push(finding(
                    format!("{told} The browser asks not to be tracked (Global Privacy Control or Do Not Track)."),
                    "From it nothing is measured, and answers alone are taken. Try another browser.",
                ));
            } else {
                let advice = "A view is sent when one leaves the page or looks at another tab: do that now. If nothing comes then, \
                    the page may refuse consent (rapport('consent', …)), or a blocker may stop what it sends.";
                findings.push(Finding { told, advice: advice.to_owned(), is_good: true });
            }
        }
    }
    findings
}

/// Whether anything of pages ever arrived and was accepted.
pub(super) fn has_view(report: &Install) -> bool {
    report.outcomes.iter().any(|of| of.item_type == ItemKind::PageView && of.last_at.is_some())
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    const BROWSER: (&str, &str) =
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");

    #[tokio::test]
    async fn a_page_that_waited_for_the_first_view_did_not_say_why_none_came() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let cookie = test.cookie(&site, "ada@example.com", Role::Owner).await;
        let told = async |expected: &str| {
            let page = test.get("/sites/shop/install", &[("cookie", &cookie)]).await.text();
            assert!(page.contains(expected), "{expected}: {page}");
            assert_eq!(page.contains("data-watch"), expected != "Views arrive", "{page}");
        };
        told("The tag was never fetched").await;
        let origin = ("origin", "https://shop.example.com");
        for (headers, expected) in [
            (vec![origin, ("user-agent", "Googlebot/2.1"), ("sec-gpc", "0")], "It was a robot"),
            (vec![origin, BROWSER, ("sec-gpc", "1")], "asks not to be tracked"),
            (vec![origin, BROWSER], "A view is sent when one leaves the page"),
            (vec![("origin", "https://evil.example"), BROWSER], "https://evil.example is no origin of this site"),
        ] {
            test.get("/v1/config/shop", &headers).await;
            told(expected).await;
        }
        let id = test.app.clock.new_id();
        let view = format!(
            r#"{{"site":"shop","session":"{id}","items":[{{"type":"page_view","id":"{id}","age_ms":1,"revision":1,"path":"/","view_index":1}}]}}"#
        );
        let sent = test.batch(&view).await;
        assert_eq!(sent.status, 202, "{}", sent.text());
        told("Views arrive").await;
    }
}
