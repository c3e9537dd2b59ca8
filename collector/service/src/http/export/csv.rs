//! Tables to take along: as comma-separated values (RFC 4180), which spreadsheets and programs read alike, or as JSON.

use crate::http::query::{Pairs, value};
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use rapport_report::csv::line;
use rapport_shared::survey::Fault;

/// What old spreadsheets need to take a file for UTF-8. Programs take it for a part of the first name.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Columns whose values are texts, also where they look like numbers: a release `2.0`, a page `/7`.
const TEXTS: [&str; 31] = [
    "id", "name", "text", "part", "page", "path", "route", "release", "first", "last", "came", "question", "survey",
    "kind", "what", "fact", "level", "label", "item", "field", "reason", "origin", "command", "subject", "actor",
    "to_what", "title", "author", "thing", "locked", "tags",
];

/// How a table is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Csv {
    /// Whether it begins with a byte-order mark.
    pub bom: bool,
    /// Whether it is an array of objects instead, one a row.
    pub json: bool,
}

/// Reads whether a table is wanted: `format=csv`, with `bom=1` for a byte-order mark before it, or `format=json`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn wanted(pairs: &Pairs) -> Result<Option<Csv>, Fault> {
    let bom = match value(pairs, "bom") {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Fault::new("bom", "must be 1, or absent")),
    };
    match value(pairs, "format") {
        None => Ok(None),
        Some("csv") => Ok(Some(Csv { bom, json: false })),
        Some("json") if bom => Err(Fault::new("bom", "is for csv: JSON begins with no byte-order mark")),
        Some("json") => Ok(Some(Csv { bom, json: true })),
        Some(_) => Err(Fault::new("format", "must be csv or json")),
    }
}

impl Csv {
    /// A table that is there as a whole; `name` is that of the file.
    pub fn table<T: AsRef<str>>(self, name: &str, header: &[&str], rows: impl IntoIterator<Item = Vec<T>>) -> Response {
        if self.json {
            let object =
                |row: Vec<T>| object(header, &row.iter().map(|cell| cell.as_ref().to_owned()).collect::<Vec<_>>());
            let rows: Vec<_> = rows.into_iter().map(object).collect();
            return self.answer(name, Body::from(format!("[{}]", rows.join(","))));
        }
        let mut text = line(header);
        rows.into_iter().for_each(|row| text += &line(row));
        self.answer(name, Body::from(self.marked(text)))
    }

    /// A table whose lines come as they are read, after `header`. One that breaks off is an error for whoever reads it:
    /// nobody takes a part for the whole.
    pub fn lines<E>(
        self,
        name: &str,
        header: String,
        lines: impl Stream<Item = Result<String, E>> + Send + 'static,
    ) -> Response
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        use futures_util::StreamExt;
        if self.json {
            let columns = records(&header).into_iter().next().unwrap_or_default();
            let items = lines.enumerate().map(move |(place, lines)| {
                let columns: Vec<_> = columns.iter().map(String::as_str).collect();
                lines.map(|lines| {
                    let rows: Vec<_> = records(&lines).iter().map(|row| object(&columns, row)).collect();
                    // Of lines there may be none at a time.
                    let before = if place == 0 || rows.is_empty() { "" } else { "," };
                    format!("{before}{}", rows.join(","))
                })
            });
            let of = |text: &'static str| futures_util::stream::once(async move { Ok(text.to_owned()) });
            return self.answer(name, Body::from_stream(of("[").chain(items).chain(of("]"))));
        }
        let first = self.marked(header);
        let all = futures_util::stream::once(async move { Ok(first) }).chain(lines);
        self.answer(name, Body::from_stream(all))
    }

    fn marked(self, text: String) -> String {
        if self.bom { format!("{BYTE_ORDER_MARK}{text}") } else { text }
    }

    fn answer(self, name: &str, body: Body) -> Response {
        let name: String =
            name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect();
        let (kind, ending) = match self.json {
            true => ("application/json", "json"),
            false => ("text/csv; charset=utf-8; header=present", "csv"),
        };
        let disposition = format!("attachment; filename=\"{name}.{ending}\"");
        let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
        (headers, body).into_response()
    }
}

/// The cells of some lines, as they were before they became cells.
fn records(lines: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, lines.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(plain(std::mem::take(&mut cell))),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(plain(std::mem::take(&mut cell)));
                records.push(std::mem::take(&mut record));
            }
            letter => cell.push(letter),
        }
    }
    records
}

/// A cell without the apostrophe that keeps spreadsheets from computing it.
fn plain(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if rapport_report::csv::cell(rest).trim_matches('"').starts_with('\'') => rest.to_owned(),
        _ => cell,
    }
}

/// A row as an object: numbers as numbers, what is empty as null.
fn object(columns: &[&str], row: &[String]) -> String {
    let value = |column: &str, cell: &str| {
        let is_text = TEXTS.contains(&column) || column.ends_with("_at") || column.ends_with("_id");
        match serde_json::from_str::<serde_json::Number>(cell) {
            _ if cell.is_empty() => serde_json::Value::Null,
            Ok(number) if !is_text => serde_json::Value::Number(number),
            _ => cell.into(),
        }
    };
    let pairs = columns.iter().zip(row).map(|(column, cell)| ((*column).to_owned(), value(column, cell)));
    serde_json::Value::Object(pairs.collect()).to_string()
}

/// A number as tables write it; nothing where there is none.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_report::csv::cell;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+49 30", "'+49 30"),
            ("-12.5", "-12.5"),
            ("-2", "-2"),
            ("+1", "+1"),
            ("-1+2", "'-1+2"),
            ("-1.2.3", "'-1.2.3"),
            ("-inf", "'-inf"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("＝1+1", "'＝1+1"),
            ("-", "'-"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_as_json_is_what_it_was_before_it_became_cells() {
        let row = ["say \"hi\", you", "two\nlines", "=1+1", "-2.5", "007", "", "'quoted'"];
        let records = records(&(line(row) + &line(["a"])));
        assert_eq!(records, [row.map(str::to_owned).to_vec(), vec!["a".to_owned()]]);
        let columns = ["name", "page", "said", "change", "code", "none", "release"];
        let row: Vec<_> = ["7", "/7", "x", "-2.5", "007", "", "2.0"].map(str::to_owned).into();
        let object: serde_json::Value = serde_json::from_str(&object(&columns, &row)).unwrap();
        let expected = serde_json::json!({
            "name": "7", "page": "/7", "said": "x", "change": -2.5, "code": "007", "none": null, "release": "2.0"
        });
        assert_eq!(object, expected);
    }

    #[test]
    fn a_byte_order_mark_comes_only_where_it_is_asked_for() {
        let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        for (query, expected) in [
            ("", Ok(None)),
            ("bom=1", Ok(None)),
            ("format=csv", Ok(Some(Csv { bom: false, json: false }))),
            ("format=csv&bom=1", Ok(Some(Csv { bom: true, json: false }))),
            ("format=json", Ok(Some(Csv { bom: false, json: true }))),
            ("format=json&bom=1", Err("bom")),
            ("format=xlsx", Err("format")),
            ("format=csv&bom=yes", Err("bom")),
        ] {
            assert_eq!(wanted(&pairs(query)).map_err(|fault| fault.field), expected.map_err(str::to_owned), "{query}");
        }
    }
}
