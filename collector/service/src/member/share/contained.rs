//! A page as it is read under a link: it leads to itself and nowhere else.

use crate::member::files;

/// The page whose report stands at `report`, as it is read at `address`: links and forms to the report itself lead there, files of
/// the page stay, and whatever leads elsewhere is no link any more.
pub fn contained(page: &str, report: &str, address: &str) -> String {
    let mut contained = String::with_capacity(page.len());
    let mut rest = page;
    // What people wrote cannot look like an attribute: in a text, a quotation mark is written `&#34;`.
    while let Some((before, value, after)) = next_attribute(rest) {
        let name_at = before.rfind(|letter: char| letter.is_whitespace()).map_or(0, |at| at + 1);
        let leads = matches!(&before[name_at..], "href" | "xlink:href" | "action" | "formaction" | "src" | "srcset");
        match leads.then(|| kept(value, report, address)) {
            None => contained.extend([before, "=\"", value, "\""]),
            Some(Some(kept)) => contained.extend([before, "=\"", &kept, "\""]),
            Some(None) => contained.push_str(before[..name_at].trim_end()),
        }
        rest = after;
    }
    contained.push_str(rest);
    contained
}

/// What stands before the value of the next attribute, the value, and what comes after it.
fn next_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("=\"")?;
    let (value, after) = rest.split_once('"')?;
    Some((before, value, after))
}

/// Where something leads under the link; none for what leads elsewhere.
fn kept(value: &str, report: &str, address: &str) -> Option<String> {
    if value.starts_with(['?', '#']) || [files::STYLE, files::SCRIPT, files::ICON].contains(&value) {
        return Some(value.to_owned());
    }
    let further = value.strip_prefix(report).filter(|further| further.is_empty() || further.starts_with(['?', '#']))?;
    Some(format!("{address}{further}"))
}

#[cfg(test)]
mod tests {
    use super::contained;

    #[test]
    fn a_page_leads_to_itself_and_nowhere_else() {
        let of = |page: &str| contained(page, "/sites/shop/feedback/nps", "/shared/shop/abc");
        for (page, seen) in [
            ("<a href=\"?range=7d&#38;device=mobile\">7</a>", "<a href=\"?range=7d&#38;device=mobile\">7</a>"),
            ("<a href=\"#answers\">", "<a href=\"#answers\">"),
            ("<a href=\"/sites/shop/feedback/nps\">", "<a href=\"/shared/shop/abc\">"),
            (
                "<a class=\"b\" href=\"/sites/shop/feedback/nps?x=1#y\" id=\"z\">",
                "<a class=\"b\" href=\"/shared/shop/abc?x=1#y\" id=\"z\">",
            ),
            ("<a class=\"b\" href=\"/sites/shop/feedback/nps2\" id=\"z\">", "<a class=\"b\" id=\"z\">"),
            ("<a href=\"/sites/shop/feedback/nps/x\">y</a>", "<a>y</a>"),
            ("<a href=\"/sites/shop/responses/1?back=x\">y</a>", "<a>y</a>"),
            ("<a\n  href=\"https://example.com\">y</a>", "<a>y</a>"),
            ("<a href=\"//example.com\">y</a><a href=\"\">z</a>", "<a>y</a><a>z</a>"),
            ("<form method=\"post\" action=\"/sites/shop/segments\">", "<form method=\"post\">"),
            ("<img src=\"/sites/shop/reviews/1/photo\" alt=\"x\">", "<img alt=\"x\">"),
            ("<link rel=\"stylesheet\" href=\"/dashboard.css\">", "<link rel=\"stylesheet\" href=\"/dashboard.css\">"),
            ("<p>href=&#34;/sites/shop&#34; and a=\"b</p>", "<p>href=&#34;/sites/shop&#34; and a=\"b</p>"),
        ] {
            assert_eq!(of(page), seen);
        }
    }
}
