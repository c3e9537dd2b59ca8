//! Makes scripts smaller without understanding more of them than is safe: comments, needless white space and
//! functions nobody calls go, and the names declared in the outermost scope become short.
//!
//! A full minifier would take another twentieth off the compressed glue and two minutes of compiling off every first
//! build, so this is a tokenizer and one rule. A renamed name is declared in the outermost scope of the script, so it
//! can never have meant a global; it is left alone wherever it also occurs as a property.

use crate::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One token of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// As it is written.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Whether a line break came before it.
    pub after_line_break: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Names, keywords and numbers.
    Word,
    /// Operators and brackets.
    Mark,
    /// Strings, regular expressions and pieces of template literals: copied as they are.
    Literal,
}

/// Shortens a module, or a classic script that is one function called at once.
pub fn script(source: &str) -> Outcome<String> {
    Ok(shorten(tokenize(source)?))
}

/// The same of a script that was read already.
pub fn shorten(mut tokens: Vec<Token>) -> String {
    while let Some(unused) = unused_function(&tokens) {
        tokens.drain(unused);
    }
    // A module declares its names at the top, a wrapped script one pair of braces deeper.
    let depth = usize::from(tokens.first().is_some_and(|token| token.text == "("));
    let names = short_names(&tokens, depth);
    for token in &mut tokens {
        if let Some(short) = (token.kind == Kind::Word).then(|| names.get(&token.text)).flatten() {
            token.text = short.clone();
        }
    }
    join(&tokens)
}

/// Where a function stands that is declared at the top of a module and never named again.
fn unused_function(tokens: &[Token]) -> Option<Range<usize>> {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        match (token.kind, token.text.as_str()) {
            (Kind::Mark, "{" | "(" | "[") => depth += 1,
            (Kind::Mark, "}" | ")" | "]") => depth = depth.saturating_sub(1),
            (Kind::Word, "function") if depth == 0 => {
                // A declaration begins a statement; after a mark such as `=` it would be an expression.
                let text = |index: Option<usize>| index.map_or(";", |index| tokens[index].text.as_str());
                let is_async = text(index.checked_sub(1)) == "async";
                let start = index - usize::from(is_async);
                let before = text(start.checked_sub(1));
                let name = &tokens.get(index + 1)?.text;
                let named = tokens.iter().filter(|other| other.text == *name).count();
                if matches!(before, ";" | "}") && named == 1 {
                    return Some(start..function_end(tokens, index)?);
                }
            }
            _ => {}
        }
    }
    None
}

/// The place behind the function that begins at `start`: behind the braces that follow its parameters.
fn function_end(tokens: &[Token], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(start).filter(|(_, token)| token.kind == Kind::Mark) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" if depth == 1 => return Some(index + 1),
            "}" => depth -= 1,
            _ => {}
        }
    }
    None
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$' || character == '#'
}

/// Reads a script.
pub fn tokenize(source: &str) -> Outcome<Vec<Token>> {
    const MARKS: [&str; 34] = [
        ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=", ">=",
        "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**", "//",
    ];
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = source;
    let mut line_break = false;
    // For each open template literal, how many braces are open inside its current `${`.
    let mut templates: Vec<usize> = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (length, kind) = if first.is_whitespace() {
            line_break |= first == '\n';
            rest = &rest[first.len_utf8()..];
            continue;
        } else if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or("a comment does not end")? + 2;
            line_break |= rest[..end].contains('\n');
            rest = &rest[end..];
            continue;
        } else if is_word(first) {
            (rest.find(|character| !is_word(character)).unwrap_or(rest.len()), Kind::Word)
        } else if first == '"' || first == '\'' {
            (literal_length(rest, first)?, Kind::Literal)
        } else if first == '`' || (first == '}' && templates.last() == Some(&0)) {
            if first == '}' {
                templates.pop();
            }
            let (length, opens) = template_length(rest)?;
            if opens {
                templates.push(0);
            }
            (length, Kind::Literal)
        } else if first == '/' && regex_may_start(tokens.last()) {
            let length = literal_length(rest, '/')?;
            (length + rest[length..].find(|character| !is_word(character)).unwrap_or(0), Kind::Literal)
        } else {
            (MARKS.iter().find(|mark| rest.starts_with(**mark)).map_or(first.len_utf8(), |mark| mark.len()), Kind::Mark)
        };
        if let Some(open) = templates.last_mut().filter(|_| kind == Kind::Mark) {
            *open = match first {
                '{' => *open + 1,
                '}' => *open - 1,
                _ => *open,
            };
        }
        tokens.push(Token { text: rest[..length].into(), kind, after_line_break: line_break });
        line_break = false;
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// Length of a string or regular expression at the start of `text`, from its first delimiter to its last.
fn literal_length(text: &str, delimiter: char) -> Outcome<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if delimiter == '/' => in_class = true,
            ']' => in_class = false,
            _ if character == delimiter && !in_class => return Ok(at + 1),
            _ => {}
        }
    }
    Err("a literal does not end".into())
}

/// Length of one piece of a template literal, and whether an expression follows it.
fn template_length(text: &str) -> Outcome<(usize, bool)> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '`' => return Ok((at + 1, false)),
            '$' if text[at..].starts_with("${") => return Ok((at + 2, true)),
            _ => {}
        }
    }
    Err("a template literal does not end".into())
}

/// Whether a `/` after this token begins a regular expression rather than a division.
fn regex_may_start(previous: Option<&Token>) -> bool {
    match previous {
        None => true,
        Some(token) => match token.kind {
            Kind::Mark => !matches!(token.text.as_str(), ")" | "]" | "}" | "++" | "--"),
            Kind::Word => matches!(token.text.as_str(), "return" | "typeof" | "case" | "in" | "of" | "void" | "delete"),
            Kind::Literal => false,
        },
    }
}

/// Short names for what is declared `depth` braces deep, leaving out what also occurs as a property.
fn short_names(tokens: &[Token], depth: usize) -> BTreeMap<String, String> {
    let mut declared: BTreeMap<&str, usize> = BTreeMap::new();
    let mut properties: BTreeSet<&str> = BTreeSet::new();
    let mut brackets: Vec<&str> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let text = token.text.as_str();
        let before = index.checked_sub(1).map_or("", |index| tokens[index].text.as_str());
        let after = tokens.get(index + 1).map_or("", |token| token.text.as_str());
        match token.kind {
            Kind::Mark => match text {
                "(" | "[" | "{" => brackets.push(text),
                ")" | "]" | "}" => drop(brackets.pop()),
                _ => {}
            },
            // `${` leaves the pieces of a template to either side, so brackets inside still match.
            Kind::Literal => {}
            Kind::Word => {
                let braces = brackets.iter().filter(|bracket| **bracket == "{").count();
                let word = |back: usize| index.checked_sub(back).map_or("", |index| tokens[index].text.as_str());
                let exported = word(2) == "export" || word(2) == "async" && word(3) == "export";
                if braces == depth && !exported && matches!(before, "function" | "class" | "const" | "let" | "var") {
                    declared.insert(text, 0);
                }
                let in_braces = brackets.last() == Some(&"{");
                let shorthand = in_braces && matches!(before, "{" | ",") && matches!(after, "}" | "," | "as");
                let key = in_braces && matches!(before, "{" | ",") && matches!(after, ":" | "(");
                if matches!(before, "." | "?.") || before == "as" || shorthand || key {
                    properties.insert(text);
                }
            }
        }
    }
    let used: BTreeSet<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    for token in tokens {
        declared.entry(token.text.as_str()).and_modify(|count| *count += 1);
    }
    let mut names: Vec<(&str, usize)> = declared
        .into_iter()
        .filter(|(name, count)| *count > 0 && name.len() > 1 && !properties.contains(name))
        .collect();
    names.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut candidates = (0..).map(short_name).filter(|short| !used.contains(short.as_str()) && !is_reserved(short));
    names
        .into_iter()
        .map(|(name, _)| (name.to_string(), candidates.next().unwrap_or_else(|| name.to_string())))
        .collect()
}

/// `a`, `b`, … `Z`, `aa`, `ab` and so on.
pub fn short_name(mut number: usize) -> String {
    const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut name = String::new();
    loop {
        name.insert(0, LETTERS[number % 52] as char);
        number /= 52;
        if number == 0 {
            return name;
        }
        number -= 1;
    }
}

fn is_reserved(name: &str) -> bool {
    matches!(name, "do" | "if" | "in" | "of" | "as" | "is" | "for" | "get" | "let" | "new" | "set" | "try" | "var")
}

/// Writes the tokens with as little between them as keeps their meaning.
fn join(tokens: &[Token]) -> String {
    let mut script = String::new();
    let mut previous: Option<&Token> = None;
    for token in tokens {
        if let Some(previous) = previous {
            let both_words = |left: &str, right: &str| {
                left.chars().next_back().is_some_and(is_word) && right.chars().next().is_some_and(is_word)
            };
            let would_merge = both_words(&previous.text, &token.text)
                || matches!(
                    (previous.text.as_str(), token.text.chars().next()),
                    ("+" | "++", Some('+')) | ("-" | "--", Some('-'))
                )
                || (previous.text == "/" && token.text.starts_with('/'));
            if token.after_line_break && line_break_matters(previous, token) {
                script.push('\n');
            } else if would_merge {
                script.push(' ');
            }
        }
        script.push_str(&token.text);
        previous = Some(token);
    }
    script.push('\n');
    script
}

/// Whether a semicolon might be inserted at a line break between the two, or be missed without it.
fn line_break_matters(previous: &Token, next: &Token) -> bool {
    let continues = previous.kind == Kind::Mark && !matches!(previous.text.as_str(), ")" | "]" | "}" | "++" | "--");
    let closes =
        next.kind == Kind::Mark && matches!(next.text.as_str(), ")" | "]" | "}" | "," | ";" | "." | "?." | ":");
    !continues && !closes
}
