//! Makes scripts smaller without understanding more of them than is safe: comments, needless marks and white space and
//! functions nobody calls go, and the names that a script declares become short.
//!
//! A full minifier would cost two minutes of compiling of every first build, so this is a tokenizer and one rule. A name is
//! renamed everywhere or nowhere, and only when each place where it stands lies within something that declares it, so it can
//! never have meant a global.

#[path = "scope.rs"]
mod scope;

use crate::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One token of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// As it is written.
    pub text: String,
    /// What it is.
    pub kind: TokenKind,
    /// Whether a line break came before it.
    pub after_line_break: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TokenKind {
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
    needless(&mut tokens);
    let roles = roles(&tokens);
    let names = short_names(&tokens, &roles);
    for (token, role) in tokens.iter_mut().zip(roles) {
        if let Some(short) = (role == Role::Name).then(|| names.get(&token.text)).flatten() {
            token.text = short.clone();
        }
    }
    join(&tokens)
}

/// Takes away the comma before a closing bracket, the semicolon before a closing brace unless it is a statement of its own, and
/// the parentheses around all of a value.
fn needless(tokens: &mut Vec<Token>) {
    let pairs = scope::pairs(tokens);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let is_statement = |at: usize| {
        let before = at.wrapping_sub(1);
        let head = pairs.get(before).copied().flatten().map_or("", |open| text(open.wrapping_sub(1)));
        matches!(text(before), "else" | "do" | "{" | ";")
            || text(before) == ")" && matches!(head, "if" | "for" | "while" | "with")
    };
    let goes = |at: usize| match (tokens[at].kind, text(at), text(at + 1)) {
        (TokenKind::Mark, ";", "}") => !is_statement(at),
        (TokenKind::Mark, ",", ")" | "]" | "}") => !matches!(text(at.wrapping_sub(1)), "," | "[" | "("),
        _ => false,
    };
    let mut kept: Vec<bool> = (0..tokens.len()).map(|at| !goes(at)).collect();
    let wrapped: Vec<usize> = (0..tokens.len()).filter(|at| is_wrapped_value(tokens, &pairs, *at)).collect();
    for open in wrapped {
        if let Some(closing) = pairs[open] {
            (kept[open], kept[closing]) = (false, false);
            // A line break after `return` would end it.
            tokens[open + 1].after_line_break = false;
        }
    }
    let mut kept = kept.into_iter();
    tokens.retain(|_| kept.next().unwrap_or(true));
}

/// Whether parentheses begin that hold one value and nothing else, where any value may stand.
fn is_wrapped_value(tokens: &[Token], pairs: &[Option<usize>], open: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let (before, Some(closing)) = (text(open.wrapping_sub(1)), pairs[open]) else { return false };
    let begins = matches!(before, "=" | "=>" | "||=" | "&&=" | "??=" | ":" | "[" | "return");
    let ends = matches!(text(closing + 1), ";" | "," | ")" | "]" | "}");
    let is_block = before == "=>" && text(open + 1) == "{";
    if text(open) != "(" || !begins || !ends || is_block || closing == open + 1 {
        return false;
    }
    let mut at = open + 1;
    while at < closing {
        if text(at) == "," {
            return false;
        }
        let is_open = tokens[at].kind == TokenKind::Mark && matches!(text(at), "(" | "[" | "{");
        at = if is_open { pairs[at].unwrap_or(at) + 1 } else { at + 1 };
    }
    true
}

/// Where a function stands that is declared at the top of a module and never named again.
fn unused_function(tokens: &[Token]) -> Option<Range<usize>> {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        match (token.kind, token.text.as_str()) {
            (TokenKind::Mark, "{" | "(" | "[") => depth += 1,
            (TokenKind::Mark, "}" | ")" | "]") => depth = depth.saturating_sub(1),
            (TokenKind::Word, "function") if depth == 0 => {
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
    for (index, token) in tokens.iter().enumerate().skip(start).filter(|(_, token)| token.kind == TokenKind::Mark) {
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
            (rest.find(|character| !is_word(character)).unwrap_or(rest.len()), TokenKind::Word)
        } else if first == '"' || first == '\'' {
            (literal_length(rest, first)?, TokenKind::Literal)
        } else if first == '`' || (first == '}' && templates.last() == Some(&0)) {
            if first == '}' {
                templates.pop();
            }
            let (length, opens) = template_length(rest)?;
            if opens {
                templates.push(0);
            }
            (length, TokenKind::Literal)
        } else if first == '/' && regex_may_start(tokens.last()) {
            let length = literal_length(rest, '/')?;
            (length + rest[length..].find(|character| !is_word(character)).unwrap_or(0), TokenKind::Literal)
        } else {
            (
                MARKS.iter().find(|mark| rest.starts_with(**mark)).map_or(first.len_utf8(), |mark| mark.len()),
                TokenKind::Mark,
            )
        };
        if let Some(open) = templates.last_mut().filter(|_| kind == TokenKind::Mark) {
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
            TokenKind::Mark => !matches!(token.text.as_str(), ")" | "]" | "}" | "++" | "--"),
            TokenKind::Word => {
                matches!(token.text.as_str(), "return" | "typeof" | "case" | "in" | "of" | "void" | "delete")
            }
            TokenKind::Literal => false,
        },
    }
}

/// Short names for what the script declares, whole or within a part of it. Left out is what is written as a property
/// in short (`{ name }`), and what also stands where nothing declares it: there it may mean a global.
fn short_names(tokens: &[Token], roles: &[Role]) -> BTreeMap<String, String> {
    let scopes = scope::scopes(tokens);
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let text = token.text.as_str();
        let within = || scopes.get(text).is_some_and(|ranges| ranges.iter().any(|range| range.contains(&index)));
        match roles[index] {
            Role::Other | Role::Property => {}
            Role::Name if within() => *uses.entry(text).or_default() += 1,
            Role::Name | Role::Both => drop(kept.insert(text)),
        }
    }
    let used: BTreeSet<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let mut names: Vec<(&str, usize)> =
        uses.into_iter().filter(|(name, _)| name.len() > 1 && !kept.contains(name)).collect();
    names.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut candidates = (0..).map(short_name).filter(|short| !used.contains(short.as_str()) && !is_reserved(short));
    let mut given: Vec<(String, Vec<&Range<usize>>)> = Vec::new();
    let mut short_names = BTreeMap::new();
    for (name, _) in names {
        let ranges: Vec<&Range<usize>> = scopes.get(name).into_iter().flatten().collect();
        // What is never declared in one place can have one name: the more alike two places are, the less both weigh.
        let is_apart = |others: &[&Range<usize>]| {
            ranges.iter().all(|one| others.iter().all(|other| one.end <= other.start || other.end <= one.start))
        };
        let place = given.iter().position(|(_, others)| is_apart(others)).or_else(|| {
            given.push((candidates.next()?, Vec::new()));
            Some(given.len() - 1)
        });
        if let Some((short, others)) = place.and_then(|place| given.get_mut(place)) {
            others.extend(ranges);
            short_names.insert(name.to_string(), short.clone());
        }
    }
    short_names
}

/// What a token is, as far as names go.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// No word.
    Other,
    /// The name of something, or a keyword.
    Name,
    /// The name of a property alone.
    Property,
    /// A property and a name at once, or something that is not told apart from one.
    Both,
}

/// The role of each token.
fn roles(tokens: &[Token]) -> Vec<Role> {
    // What a class declares is written like a name.
    let has_class = tokens.iter().any(|token| token.kind == TokenKind::Word && token.text == "class");
    let mut brackets: Vec<&str> = Vec::new();
    let mut roles = Vec::with_capacity(tokens.len());
    for (index, token) in tokens.iter().enumerate() {
        let text = token.text.as_str();
        let back = |steps: usize| index.checked_sub(steps).map_or("", |index| tokens[index].text.as_str());
        let (before, after) = (back(1), tokens.get(index + 1).map_or("", |token| token.text.as_str()));
        roles.push(match token.kind {
            // `${` leaves the pieces of a template to either side, so brackets inside still match.
            TokenKind::Literal => Role::Other,
            TokenKind::Mark => {
                let begins_block = matches!(before, ")" | "=>" | "else" | "try" | "do" | "finally" | ";" | "{" | "}");
                match text {
                    "{" if begins_block => brackets.push("block"),
                    "(" | "[" | "{" => brackets.push(text),
                    ")" | "]" | "}" => drop(brackets.pop()),
                    _ => {}
                }
                Role::Other
            }
            TokenKind::Word => {
                let listed = brackets.last() == Some(&"{") && matches!(before, "{" | ",");
                let accessor = matches!(before, "get" | "set" | "static" | "async") && after == "(";
                let exported = matches!(before, "function" | "class" | "const" | "let" | "var") && back(2) == "export"
                    || before == "function" && back(2) == "async" && back(3) == "export";
                if listed && matches!(after, "}" | "," | "as" | "(" | "=") || before == "as" || accessor || exported {
                    Role::Both
                } else if matches!(before, "." | "?.") || listed && after == ":" {
                    if has_class { Role::Both } else { Role::Property }
                } else {
                    Role::Name
                }
            }
        });
    }
    roles
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
    let continues =
        previous.kind == TokenKind::Mark && !matches!(previous.text.as_str(), ")" | "]" | "}" | "++" | "--");
    let closes =
        next.kind == TokenKind::Mark && matches!(next.text.as_str(), ")" | "]" | "}" | "," | ";" | "." | "?." | ":");
    !continues && !closes
}
