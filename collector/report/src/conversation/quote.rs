//! What of a mail is quoted from another: it is folded, and never cut, since any rule is wrong at times.

use serde::Serialize;
use utoipa::ToSchema;

/// Lines before a quotation that can belong to what introduces it ("On Monday Ada wrote:"), which mail programs break.
const INTRODUCTION: usize = 3;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TextPart {
    /// Its text.
    pub text: String,
    /// Whether it is quoted from another message.
    pub quoted: bool,
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// A line with which mail programs begin the message that is answered, without a mark on each of its lines.
fn begins_the_rest(line: &str, marker: &str) -> bool {
    let line = line.trim();
    let is_rule = |of: char, least: usize| line.len() >= least && line.chars().all(|letter| letter == of);
    let is_titled =
        line.starts_with("-----") && line.ends_with("-----") && line.trim_matches('-').trim().chars().count() > 2;
    line == marker || is_rule('_', 20) || is_titled
}

/// The pieces of a message of a ticket with that code, which put together are the message.
pub fn parts(text: &str, code: &str) -> Vec<TextPart> {
    let marker = format!("[#{code}]");
    let lines: Vec<&str> = text.lines().collect();
    let rest = lines.iter().position(|line| begins_the_rest(line, &marker)).unwrap_or(lines.len());
    let mut quoted: Vec<bool> =
        lines.iter().enumerate().map(|(place, line)| place >= rest || is_quoted(line)).collect();
    for place in 0..lines.len() {
        if quoted[place] && place > 0 && !quoted[place - 1] {
            introduce(&lines, &mut quoted, place);
        }
    }
    let says_something = lines.iter().zip(&quoted).any(|(line, quoted)| !quoted && !line.trim().is_empty());
    if !says_something {
        // Somebody wrote between the marks, or forwarded it: then that is the message.
        quoted.fill(false);
    }
    let mut parts: Vec<TextPart> = Vec::new();
    for (line, quoted) in lines.iter().zip(quoted) {
        match parts.last_mut() {
            Some(last) if last.quoted == quoted => {
                last.text.push('\n');
                last.text.push_str(line);
            }
            _ => parts.push(TextPart { text: (*line).to_owned(), quoted }),
        }
    }
    parts
}

/// Marks what introduces a quotation, and empty lines between it and the quotation.
fn introduce(lines: &[&str], quoted: &mut [bool], first: usize) {
    let mut last = first;
    while last > 0 && !quoted[last - 1] && lines[last - 1].trim().is_empty() {
        last -= 1;
    }
    let ends = last > 0 && !quoted[last - 1] && lines[last - 1].trim_end().ends_with([':', '：']);
    if !ends {
        return;
    }
    let mut begin = last - 1;
    while begin > 0 && last - begin < INTRODUCTION && !quoted[begin - 1] && !lines[begin - 1].trim().is_empty() {
        begin -= 1;
    }
    // A paragraph that is longer is somebody's words, whose last line alone introduces.
    let is_whole = begin == 0 || lines[begin - 1].trim().is_empty() || quoted[begin - 1];
    let begin = if is_whole { begin } else { last - 1 };
    quoted[begin..first].fill(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str) -> String {
        let parts = parts(text, "0123456789");
        let whole: Vec<_> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(whole.join("\n"), text.lines().collect::<Vec<_>>().join("\n"), "nothing is cut");
        let own: Vec<_> = parts.iter().filter(|part| !part.quoted).map(|part| part.text.trim()).collect();
        own.join("|").trim_matches('|').to_owned()
    }

    #[test]
    fn real_words_were_cut_or_the_history_left_in() {
        for (text, expected) in [
            ("It works, thanks.", "It works, thanks."),
            ("Yes.\n\nOn Mon, 4 May 2026, Shop wrote:\n> [#0123456789]\n>\n> Try again.\n", "Yes."),
            (
                "Ja.\n\nAm Montag, den 4. Mai 2026 um 10:00 schrieb Shop\n<help+x@shop.example>:\n\n> Versuchen Sie es.",
                "Ja.",
            ),
            // Below, and between.
            ("> Which browser?\n\nFirefox.\n\n> Which page?\n\nThe cart.", "Firefox.|The cart."),
            // No marks on the lines.
            ("Fixed.\n\n________________________________\nFrom: Shop\nSent: Monday\n\nTry again.", "Fixed."),
            ("Fixed.\n-----Original Message-----\nFrom: Shop\nTry again.", "Fixed."),
            ("Danke\n\n[#0123456789]\n\nVersuchen Sie es.", "Danke"),
            // Another ticket's line is none of ours, and neither is a rule of few lines.
            (
                "See [#0123456789], please.\n[#9876543210]\n---\nend",
                "See [#0123456789], please.\n[#9876543210]\n---\nend",
            ),
            // All of it quoted: then that is what they say.
            ("> Which browser?\n> Firefox.", "> Which browser?\n> Firefox."),
            ("是的。\n\n星期一，商店写道：\n> 试试看", "是的。"),
            // A paragraph of words that happens to end with a colon keeps all but its last line.
            ("one\ntwo\nthree\nfour\nThis is what I saw:\n> error 500", "one\ntwo\nthree\nfour"),
            ("", ""),
        ] {
            assert_eq!(own(text), expected, "{text}");
        }
    }
}
