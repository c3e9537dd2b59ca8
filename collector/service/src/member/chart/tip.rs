//! What a chart tells of a point that is pointed at.

use std::ops::Range;

/// What is told of a point that is pointed at, by what its place on the axis is called.
pub(super) type Tips = Vec<(String, String)>;

/// Tells more of each point than the drawing knows: every hit area says which place on the axis it is of.
pub(super) fn told(svg: &str, tips: &Tips) -> String {
    let mut parts = svg.split(HIT);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        told += HIT;
        let label = between(part, "data-category=\"", "\"").map(|found| &part[found]);
        match tips.iter().position(|(of, _)| Some(escaped(of).as_str()) == label) {
            Some(place) => told += &with_tip(part, &tips[place].1, (place, tips.len())),
            None => told += part,
        }
    }
    told
}

/// Begins a hit area; what is told of it follows as its title and as a text beside it.
pub(super) const HIT: &str = "class=\"ct-trigger\"";

/// Where the text between two others is.
fn between(text: &str, before: &str, after: &str) -> Option<Range<usize>> {
    let start = text.find(before)? + before.len();
    Some(start..start + text[start..].find(after)?)
}

/// The rest of a hit area with another text. At the ends of the axis the text runs towards its middle.
fn with_tip(part: &str, tip: &str, (place, places): (usize, usize)) -> String {
    let mut part = part.to_owned();
    let tip = escaped(tip);
    if let Some(title) = between(&part, "<title>", "</title>") {
        part.replace_range(title, &tip);
    }
    let Some(beside) = part.find("class=\"ct-tip\"") else { return part };
    let start = part[..beside].rfind("<text").unwrap_or(beside);
    let Some(end) = part[start..].find("</text>").map(|end| start + end) else { return part };
    let Some(inside) = part[start..end].find('>').map(|mark| start + mark + 1) else { return part };
    part.replace_range(inside..end, &tip);
    let anchor = match place * 3 / places.max(1) {
        0 => "start",
        1 => "middle",
        _ => "end",
    };
    let tag = part[start..inside].replace("text-anchor=\"middle\"", &format!("text-anchor=\"{anchor}\""));
    part.replace_range(start..inside, &tag);
    part
}

/// A text as XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}
