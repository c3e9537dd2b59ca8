//! Comma-separated values (RFC 4180), which spreadsheets and programs read alike.

use crate::http::query::{Pairs, value};
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use rapport_report::csv::line;
use rapport_shared::survey::Fault;

/// What old spreadsheets need to take a file for UTF-8. Programs take it for a part of the first name.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How a table is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Csv {
    /// Whether it begins with a byte-order mark.
    pub bom: bool,
}

/// Reads whether a table is wanted: `format=csv`, with `bom=1` for a byte-order mark before it.
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
        Some("csv") => Ok(Some(Csv { bom })),
        Some(_) => Err(Fault::new("format", "must be csv")),
    }
}

impl Csv {
    /// A table that is there as a whole; `name` is that of the file.
    pub fn table<T: AsRef<str>>(self, name: &str, header: &[&str], rows: impl IntoIterator<Item = Vec<T>>) -> Response {
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
        let disposition = format!("attachment; filename=\"{name}.csv\"");
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ];
        (headers, body).into_response()
    }
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
    fn a_byte_order_mark_comes_only_where_it_is_asked_for() {
        let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        for (query, expected) in [
            ("", Ok(None)),
            ("bom=1", Ok(None)),
            ("format=csv", Ok(Some(Csv { bom: false }))),
            ("format=csv&bom=1", Ok(Some(Csv { bom: true }))),
            ("format=xlsx", Err("format")),
            ("format=csv&bom=yes", Err("bom")),
        ] {
            assert_eq!(wanted(&pairs(query)).map_err(|fault| fault.field), expected.map_err(str::to_owned), "{query}");
        }
    }
}
