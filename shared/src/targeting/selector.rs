//! Whether a text is a CSS selector that every browser reads.
//!
//! The browser has the last word: a text with a fault here would throw in the page, or mean no element. What is checked
//! is Selectors Level 4 without what a page has no use for: namespaces, columns, pseudo-elements (no element is one) and
//! pseudo-classes that some browsers do not know.

/// Longest selector, in characters.
const MOST_CHARACTERS: usize = 200;
/// Most selectors within one another, as in `:not(:is(a))`.
const DEPTH: usize = 5;

/// Pseudo-classes without arguments.
const PLAIN: [&str; 33] = [
    "active",
    "any-link",
    "autofill",
    "checked",
    "default",
    "defined",
    "disabled",
    "empty",
    "enabled",
    "first-child",
    "first-of-type",
    "focus",
    "focus-visible",
    "focus-within",
    "fullscreen",
    "hover",
    "in-range",
    "indeterminate",
    "invalid",
    "last-child",
    "last-of-type",
    "link",
    "only-child",
    "only-of-type",
    "optional",
    "out-of-range",
    "placeholder-shown",
    "read-only",
    "read-write",
    "required",
    "root",
    "target",
    "valid",
];
/// Pseudo-classes of a list of selectors.
const OF_SELECTORS: [&str; 4] = ["is", "not", "where", "has"];
/// Pseudo-classes of a place, such as `2n+1`.
const OF_PLACES: [&str; 4] = ["nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"];

/// What is wrong with a selector; `None` when a browser can look for it.
pub fn selector_fault(selector: &str) -> Option<String> {
    if !(1..=MOST_CHARACTERS).contains(&selector.chars().count()) {
        return Some("must be 1 to 200 characters".into());
    }
    let mut reader = Reader { bytes: selector.as_bytes(), at: 0 };
    let read = reader.list(0, false).and_then(|()| {
        if reader.at == reader.bytes.len() { Ok(()) } else { Err("a mark that belongs to none".into()) }
    });
    let shown = |at: usize| selector.get(..at).map_or(0, |read| read.chars().count()) + 1;
    read.err().map(|what| {
        format!("must be a CSS selector such as #offer or main > .price: character {} has {what}", shown(reader.at))
    })
}

type Read = Result<(), String>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, mark: u8) -> bool {
        let is = self.peek() == Some(mark);
        self.at += usize::from(is);
        is
    }

    fn blanks(&mut self) -> bool {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.at > begin
    }

    /// Selectors with commas between them; within `:has` each may begin with a combinator.
    fn list(&mut self, depth: usize, relative: bool) -> Read {
        if depth > DEPTH {
            return Err("selectors that are nested more than 5 deep".into());
        }
        loop {
            self.blanks();
            if relative && matches!(self.peek(), Some(b'>' | b'+' | b'~')) {
                self.at += 1;
                self.blanks();
            }
            self.complex(depth)?;
            if !self.take(b',') {
                return Ok(());
            }
        }
    }

    /// Compounds with combinators between them.
    fn complex(&mut self, depth: usize) -> Read {
        loop {
            self.compound(depth)?;
            let apart = self.blanks();
            match self.peek() {
                Some(b'>' | b'+' | b'~') => {
                    self.at += 1;
                    self.blanks();
                }
                None | Some(b',' | b')') => return Ok(()),
                Some(_) if apart => {}
                Some(_) => return Err("a mark that belongs to none".into()),
            }
        }
    }

    /// What one element has to be.
    fn compound(&mut self, depth: usize) -> Read {
        let begin = self.at;
        if !self.take(b'*') && self.begins_name() {
            self.name()?;
        }
        loop {
            match self.peek() {
                Some(b'#') => {
                    self.at += 1;
                    // One that begins with a digit has to be escaped, though an element may have it.
                    self.name()?;
                }
                Some(b'.') => {
                    self.at += 1;
                    self.name()?;
                }
                Some(b'[') => {
                    self.at += 1;
                    self.attribute()?;
                }
                Some(b':') => {
                    self.at += 1;
                    self.pseudo(depth)?;
                }
                _ if self.at > begin => return Ok(()),
                _ => return Err("no element: a name, .class, #id, [attribute] or :state is missing".into()),
            }
        }
    }

    fn begins_name(&self) -> bool {
        let rest = &self.bytes[self.at..];
        let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'\\' || byte >= 0x80;
        match rest {
            [b'-', next, ..] => is_first(*next) || *next == b'-',
            [first, ..] => is_first(*first),
            [] => false,
        }
    }

    fn name(&mut self) -> Result<String, String> {
        if !self.begins_name() {
            return Err("no name: it begins with a letter, _, or - and a letter".into());
        }
        let begin = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.escape()?,
                _ if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || byte >= 0x80 => self.at += 1,
                _ => break,
            }
        }
        Ok(String::from_utf8_lossy(&self.bytes[begin..self.at]).to_ascii_lowercase())
    }

    /// A backslash and what it stands before: up to six hexadecimal digits with a blank, or any mark but a line's end.
    fn escape(&mut self) -> Read {
        self.at += 1;
        match self.peek() {
            None | Some(b'\n' | b'\r' | 0x0c) => Err("a \\ with nothing to escape".into()),
            Some(byte) if byte.is_ascii_hexdigit() => {
                let digits = self.bytes[self.at..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
                self.at += digits;
                if self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
                    self.at += 1;
                }
                Ok(())
            }
            Some(_) => {
                self.at += 1;
                Ok(())
            }
        }
    }

    fn quoted(&mut self, quote: u8) -> Read {
        self.at += 1;
        loop {
            match self.peek() {
                None | Some(b'\n' | b'\r' | 0x0c) => return Err("a quotation that is not closed".into()),
                Some(b'\\') => self.escape()?,
                Some(byte) => {
                    self.at += 1;
                    if byte == quote {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// After `[`.
    fn attribute(&mut self) -> Read {
        self.blanks();
        self.name()?;
        self.blanks();
        if self.take(b']') {
            return Ok(());
        }
        if matches!(self.peek(), Some(b'~' | b'|' | b'^' | b'$' | b'*')) {
            self.at += 1;
        }
        if !self.take(b'=') {
            return Err("an attribute without = or ]".into());
        }
        self.blanks();
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => self.quoted(quote)?,
            _ => _ = self.name().map_err(|_| "a value without quotation marks".to_owned())?,
        }
        self.blanks();
        // Whether letters are compared as they are written.
        if matches!(self.peek(), Some(b'i' | b'I' | b's' | b'S')) {
            self.at += 1;
            self.blanks();
        }
        if self.take(b']') { Ok(()) } else { Err("an attribute that is not closed by ]".into()) }
    }

    /// After `:`.
    fn pseudo(&mut self, depth: usize) -> Read {
        let begin = self.at;
        if self.peek() == Some(b':') {
            return Err("a pseudo-element, which comes into view with its element only".into());
        }
        let name = self.name()?;
        let unknown = |reader: &mut Self| {
            reader.at = begin;
            Err(format!(
                "a state that not every browser knows: {}, or, with ( ), {} and {}",
                PLAIN.join(", "),
                OF_SELECTORS.join(", "),
                OF_PLACES.join(", ")
            ))
        };
        if !self.take(b'(') {
            return if PLAIN.contains(&&*name) { Ok(()) } else { unknown(self) };
        }
        if OF_SELECTORS.contains(&&*name) {
            self.list(depth + 1, name == "has")?;
        } else if OF_PLACES.contains(&&*name) {
            self.place()?;
        } else {
            return unknown(self);
        }
        if self.take(b')') { Ok(()) } else { Err("a ( that is not closed".into()) }
    }

    /// `odd`, `even`, `3`, `2n`, `2n + 1`, `-n+3`.
    fn place(&mut self) -> Read {
        let end =
            self.bytes[self.at..].iter().position(|byte| *byte == b')').map_or(self.bytes.len(), |end| self.at + end);
        let text = String::from_utf8_lossy(&self.bytes[self.at..end]).trim().to_ascii_lowercase();
        let is_number =
            |text: &str| !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = |text: &str| text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
        let is_place = match text.split_once('n') {
            _ if text == "odd" || text == "even" => true,
            None => is_number(&unsigned(&text)),
            Some((step, rest)) => {
                let (step, rest) = (unsigned(step), rest.trim());
                let offset = rest.strip_prefix(['+', '-']).map(str::trim_start);
                (step.is_empty() || is_number(&step)) && (rest.is_empty() || offset.is_some_and(is_number))
            }
        };
        if !is_place {
            return Err("no place such as 2, odd or 3n + 1".into());
        }
        self.at = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_selector_that_a_browser_reads_is_taken() {
        for selector in [
            "#offer",
            "main > .price",
            "*",
            "a, b ,c",
            "section.new:not(.old, #gone) ~ p + p",
            "[data-id]",
            "[data-id='a]b'] i",
            "a[href^=\"https://\" i]",
            "input[type=radio]:checked",
            "li:nth-child(2n + 1):hover",
            "li:nth-of-type(-n+3)",
            "tr:nth-child(odd)",
            "article:has(> h2, + .x)",
            r"#\31 23",
            r".sm\:flex",
            "-x--y",
            ".größe",
            " p ",
        ] {
            assert_eq!(selector_fault(selector), None, "{selector}");
        }
    }

    #[test]
    fn a_selector_that_would_throw_in_the_page_is_named_with_its_place() {
        for (selector, named) in [
            ("", "1 to 200"),
            ("#a[[", "character 4 has no name"),
            ("#a[b", "without = or ]"),
            ("[a=b", "not closed by ]"),
            ("[a=1]", "quotation marks"),
            ("[a='b]", "quotation that is not closed"),
            ("#1a", "character 2 has no name"),
            (".", "no name"),
            ("a >", "no element"),
            ("> a", "no element"),
            ("a > > b", "no element"),
            ("a,", "no element"),
            (",a", "no element"),
            ("a)", "belongs to none"),
            ("a]", "belongs to none"),
            ("a{}", "belongs to none"),
            ("a:not(.b", "( that is not closed"),
            ("a:not()", "no element"),
            ("a::before", "pseudo-element"),
            ("a:klingon", "not every browser"),
            ("a:nth-child(x)", "no place"),
            ("a:nth-child(", "no place"),
            ("a\\", "nothing to escape"),
            ("svg|a", "belongs to none"),
            (":is(:is(:is(:is(:is(:is(a))))))", "5 deep"),
        ] {
            let fault = selector_fault(selector).unwrap_or_else(|| panic!("{selector} is taken"));
            assert!(fault.contains(named), "{selector}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(selector in "[a#.\\[\\]():'\"\\\\>+~, *n2é=-]{0,30}") {
            let _ = selector_fault(&selector);
        }
    }
}
