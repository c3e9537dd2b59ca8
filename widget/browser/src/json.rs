//! Writes JSON objects, leaving out what is zero, empty or unknown.

use crate::decimal;

/// An object being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Json(String);

impl Json {
    /// An object with nothing in it yet.
    pub fn object() -> Self {
        Self("{".into())
    }

    /// Further fields for an object begun elsewhere: see [`Json::rest`].
    pub fn fields() -> Self {
        Self::default()
    }

    /// Fields as they stand between the braces of an object.
    pub fn of(fields: String) -> Self {
        Self(fields)
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    /// A number; left out when it is zero.
    pub fn number(&mut self, key: &str, number: u64) {
        if number > 0 {
            self.known(key, Some(number));
        }
    }

    /// A number that may be zero; left out when it is unknown.
    pub fn known(&mut self, key: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.key(key);
            self.0.push_str(&decimal(number));
        }
    }

    /// A text; left out when it is empty.
    pub fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.key(key);
            quote(&mut self.0, text);
        }
    }

    /// A truth; left out when it is false.
    pub fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.raw(key, "true");
        }
    }

    /// A value that is JSON already; left out when it is empty.
    pub fn raw(&mut self, key: &str, json: &str) {
        if !json.is_empty() {
            self.key(key);
            self.0.push_str(json);
        }
    }

    /// Fields written elsewhere.
    pub fn rest(&mut self, fields: &Json) {
        if !fields.0.is_empty() {
            self.separate();
            self.0.push_str(&fields.0);
        }
    }

    /// A comma, unless nothing stands before.
    fn separate(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{')) {
            self.0.push(',');
        }
    }

    /// The object, closed.
    pub fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// The fields, without braces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Fields that [`Json::as_str`] gave.
    pub fn from_fields(fields: &str) -> Self {
        Self(fields.into())
    }
}

/// JSON texts as an array.
pub fn array(elements: &[String]) -> String {
    let mut array = String::from("[");
    for element in elements {
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(element);
    }
    array.push(']');
    array
}

fn quote(json: &mut String, text: &str) {
    // Control characters but the end of a line have no meaning in any text that is sent: each is a space.
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        json.push_str(rest.get(..at).unwrap_or(""));
        json.push_str(match rest.as_bytes()[at] {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            _ => " ",
        });
        rest = rest.get(at + 1..).unwrap_or("");
    }
    json.push_str(rest);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_and_empty_texts_are_left_out_and_known_zeros_kept() {
        let mut json = Json::object();
        json.number("zero", 0);
        json.text("empty", "");
        json.flag("no", false);
        json.known("unknown", None);
        json.known("cls_e4", Some(0));
        json.rest(&Json::fields());
        json.rest(&Json::from_fields("\"a\":1"));
        assert_eq!(json.close(), r#"{"cls_e4":0,"a":1}"#);
    }

    #[test]
    fn arrays_are_joined() {
        assert_eq!(array(&[]), "[]");
        assert_eq!(array(&["{}".into(), "{}".into()]), "[{},{}]");
    }

    proptest! {
        /// Another reader of JSON reads back what this one wrote, with a space for each control character but `\n`.
        #[test]
        fn any_text_and_number_reads_back(text in "(?s).{1,80}", number in 1u64..) {
            let mut json = Json::object();
            json.text("text", &text);
            json.number("number", number);
            let read: serde_json::Value = serde_json::from_str(&json.close()).unwrap();
            let expected: String = text.chars().map(|c| if c < ' ' && c != '\n' { ' ' } else { c }).collect();
            prop_assert_eq!(read["text"].as_str(), Some(expected.as_str()));
            prop_assert_eq!(read["number"].as_u64(), Some(number));
        }
    }
}
