//! Messages for chats in the form that Slack's incoming webhooks take, and Mattermost, Rocket.Chat and others after it.

use serde_json::json;

/// Most lines of a message.
pub const LINES: usize = 20;

/// A line of a message: what it says, and where it leads.
pub struct Line<'a> {
    /// It, in words.
    pub text: &'a str,
    /// An address.
    pub href: &'a str,
    /// What somebody wrote; may be empty.
    pub words: &'a str,
}

/// A text in which nothing is a link, a mention or a format: Slack's three control characters are escaped as it wants them, `@channel` and
/// its like are broken by a word joiner, and so is what would be drawn bold, struck out or as code.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' | '*' | '_' | '~' | '`' => {
                escaped.push(letter);
                escaped.push('\u{2060}');
            }
            letter if letter.is_control() && letter != '\n' => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The label of a link, which ends at the first `|` or `>`.
fn label(text: &str) -> String {
    escape(text).replace('|', "¦").replace('\n', " ")
}

/// The message: a heading, a line each, and how many more there are.
pub fn message(heading: &str, lines: &[Line<'_>], more: usize) -> String {
    let mut text = escape(heading);
    for line in lines {
        text += &format!("\n• <{}|{}>", line.href.replace(['|', '>', '<', ' '], ""), label(line.text));
        if !line.words.is_empty() {
            text += &format!("\n> {}", escape(line.words).replace('\n', "\n> "));
        }
    }
    if more > 0 {
        text += &format!("\nand {more} more");
    }
    json!({ "text": text, "unfurl_links": false, "unfurl_media": false }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_called_everybody_or_made_a_link() {
        let hostile = "<!channel> @here <https://evil.example|click> & *bold* `x`";
        let escaped = escape(hostile);
        assert!(!escaped.contains('<') && !escaped.contains('>') && !escaped.contains("@here"), "{escaped}");
        assert!(
            escaped.starts_with("&lt;!channel&gt; @\u{2060}here &lt;https://evil.example|click&gt; &amp; *\u{2060}")
        );
        let lines = [Line { text: "a|b>c\nd", href: "https://f.example.com/x|y>z", words: "one\n<two>" }];
        let sent: serde_json::Value = serde_json::from_str(&message("Shop", &lines, 3)).unwrap();
        assert_eq!(sent["text"], "Shop\n• <https://f.example.com/xyz|a¦b&gt;c d>\n> one\n> &lt;two&gt;\nand 3 more");
    }
}
