//! A question as a piece of a mail: tables, links and inline styles, since mail programs allow little else.

use super::Answer;
use rapport_shared::survey::Question;

/// What is written into HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}

const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";

/// The question with a link for each answer. `language` is a BCP 47 tag, or empty; `accent` a colour, with `on_accent`
/// readable on it.
pub fn html(
    question: &Question,
    answers: &[(Answer, String)],
    (language, right_to_left): (&str, bool),
    (accent, on_accent): (&str, &str),
) -> String {
    let (direction, start, end) = if right_to_left { ("rtl", "right", "left") } else { ("ltr", "left", "right") };
    let language = if language.is_empty() { String::new() } else { format!(r#" lang="{}""#, escaped(language)) };
    let mut snippet = format!(
        "<table role=\"presentation\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" dir=\"{direction}\"{language} \
         style=\"border-collapse:separate\">\n\
         <tr><td style=\"{FONT};font-size:18px;line-height:1.4;padding:0 0 12px 0;text-align:{start}\"><b>{}</b></td></tr>\n",
        escaped(&question.text)
    );
    // Lines are broken inside tags, where that makes no space. Short ones stand side by side and break where a narrow screen wants it (eleven fit into 490 pixels); long ones stand
    // below each other.
    let short = answers.iter().all(|(answer, _)| answer.label.chars().count() <= 5);
    let link = |(answer, address): &(Answer, String)| {
        let shape = if short { "min-width:24px;padding:10px 8px" } else { "padding:10px 12px" };
        // A mail program may take colours away; the words and the link stay.
        format!(
            "<a href=\"{}\" style=\"{FONT};font-size:16px;line-height:24px;display:inline-block;{shape};text-align:center;\
             background-color:{accent};color:{on_accent};text-decoration:none;border-radius:8px\">{}</a>",
            escaped(address),
            escaped(&answer.label)
        )
    };
    if short {
        let cells: Vec<_> = answers
            .iter()
            .map(|answer| format!("<span\n style=\"display:inline-block;padding:0 4px 8px 0\">{}</span>", link(answer)))
            .collect();
        snippet += &format!("<tr><td style=\"padding:0;text-align:{start}\">{}</td></tr>\n", cells.concat());
    } else {
        for answer in answers {
            snippet += &format!("<tr><td style=\"padding:0 0 8px 0;text-align:{start}\">{}</td></tr>\n", link(answer));
        }
    }
    if let Some((low, high)) = question.kind.ends().filter(|(low, high)| !low.is_empty() || !high.is_empty()) {
        let cell = |label: &str, align: &str| {
            format!(
                "<td style=\"{FONT};font-size:14px;line-height:1.4;color:#5a6170;text-align:{align}\">{}</td>",
                escaped(label)
            )
        };
        snippet += &format!(
            "<tr><td><table role=\"presentation\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" width=\"100%\"><tr>{}{}</tr></table></td></tr>\n",
            cell(low, start),
            cell(high, end)
        );
    }
    snippet + "</table>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(json: &str) -> Question {
        serde_json::from_str(json).unwrap()
    }

    fn sample(text: &str, labels: [&str; 2]) -> String {
        let question =
            question(&format!(r#"{{"id":"q","kind":"nps","text":"{text}","low_label":"Not","high_label":"Very"}}"#));
        let answers = labels.map(|label| {
            let answer = Answer { value: label.into(), label: label.into() };
            (answer, format!("https://feedback.example.com/f/shop/nps?q={label}&until=2026-03-31"))
        });
        html(&question, &answers, ("de", false), ("#3457d5", "#ffffff"))
    }

    /// Every tag with its attributes, as written.
    fn tags(html: &str) -> Vec<(String, Vec<String>)> {
        html.split('<')
            .skip(1)
            .filter(|tag| !tag.starts_with('/'))
            .map(|tag| {
                let inside = tag.split('>').next().unwrap();
                let name = inside.split_whitespace().next().unwrap().to_owned();
                let quotes: Vec<_> = inside.split('"').collect();
                assert!(quotes.len() % 2 == 1, "every value is quoted: {inside}");
                let attributes = quotes.iter().step_by(2).filter_map(|piece| piece.trim().strip_suffix('='));
                (name, attributes.map(|piece| piece.split_whitespace().last().unwrap().to_owned()).collect())
            })
            .collect()
    }

    #[test]
    fn only_what_mail_programs_allow_is_in_it() {
        // Elements, attributes and CSS properties that Gmail, Outlook and Apple Mail all keep (caniemail.com).
        const TAGS: [&str; 6] = ["table", "tr", "td", "a", "b", "span"];
        const ATTRIBUTES: [&str; 9] =
            ["role", "border", "cellpadding", "cellspacing", "dir", "lang", "style", "href", "width"];
        const PROPERTIES: [&str; 13] = [
            "border-collapse",
            "font-family",
            "font-size",
            "line-height",
            "padding",
            "text-align",
            "display",
            "min-width",
            "background-color",
            "color",
            "text-decoration",
            "border-radius",
            "width",
        ];
        for snippet in [sample("How likely?", ["9", "10"]), sample("Which?", ["The first one", "2"])] {
            for (tag, attributes) in tags(&snippet) {
                assert!(TAGS.contains(&tag.as_str()), "{tag}");
                for attribute in attributes {
                    assert!(ATTRIBUTES.contains(&attribute.as_str()), "{tag} {attribute}");
                }
            }
            for style in snippet.split("style=\"").skip(1) {
                for rule in style.split('"').next().unwrap().split(';') {
                    let property = rule.split(':').next().unwrap();
                    assert!(PROPERTIES.contains(&property), "{rule}");
                }
            }
            assert_eq!(snippet.matches("<table").count(), snippet.matches("</table>").count());
            assert_eq!(snippet.matches("<td").count(), snippet.matches("</td>").count());
            assert_eq!(snippet.matches("href=\"https://").count(), 2, "every answer is a link");
            assert!(snippet.lines().all(|line| line.len() < 998), "RFC 5322 bounds a line of a mail");
        }
    }

    #[test]
    fn what_the_company_wrote_cannot_end_its_place() {
        let snippet = sample("Fast & <b>good</b>?", ["<i>", "\\\""]);
        assert!(snippet.contains("Fast &amp; &lt;b&gt;good&lt;/b&gt;?"), "{snippet}");
        assert!(snippet.contains(">&lt;i&gt;</a>") && snippet.contains("&amp;until=2026-03-31"), "{snippet}");
        let arabic =
            html(&question(r#"{"id":"q","kind":"nps","text":"؟"}"#), &[], ("ar", true), ("#000000", "#ffffff"));
        assert!(arabic.contains(r#"dir="rtl" lang="ar""#) && arabic.contains("text-align:right"), "{arabic}");
    }
}
