//! Joins the parts of a script into one file, so that a browser asks once for all of it. Every part is an ordinary module in
//! the folder of the script; what parts import of each other is found here, and the imports go.
//!
//! The parts come in the order in which a browser would run them: each after those it imports, as its imports are written,
//! and the entry last. They share one scope, so a name can be declared by one part only. What the script exports is the
//! `export { … }` of its entry; whatever else a part exports is for the other parts.

use crate::Outcome;
use crate::minify::{self, Token, TokenKind};
use std::collections::BTreeMap;

/// One part, without its imports and the word `export`.
struct Part {
    name: String,
    tokens: Vec<Token>,
    /// Names, each with the part that it is of.
    imports: Vec<(String, String)>,
    /// What is declared in the outermost scope, and whether other parts may import it.
    declared: Vec<(String, bool)>,
}

/// Joins and shortens the script that begins at the file `entry`; `read` gives the text of a file of its folder.
pub fn script(entry: &str, read: &dyn Fn(&str) -> Outcome<String>) -> Outcome<String> {
    let mut parts = Vec::new();
    visit(entry, entry, read, &mut Vec::new(), &mut parts)?;
    let mut owners: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for part in &parts {
        for (name, exported) in &part.declared {
            if let Some((other, _)) = owners.insert(name, (&part.name, *exported)) {
                return Err(format!("{other} and {} both declare {name}", part.name).into());
            }
        }
    }
    for part in &parts {
        for (name, from) in &part.imports {
            if owners.get(name.as_str()) != Some(&(from, true)) {
                return Err(format!("{} imports {name}, which {from} does not export", part.name).into());
            }
        }
        if let Some((name, owner)) = not_imported(part, &owners) {
            return Err(format!("{} calls {name} of {owner} and does not import it", part.name).into());
        }
    }
    Ok(minify::shorten(parts.into_iter().flat_map(|part| part.tokens).collect()))
}

/// Reads a part after those that it imports. A part that imports the one it is imported by finds it begun.
fn visit(
    name: &str,
    entry: &str,
    read: &dyn Fn(&str) -> Outcome<String>,
    begun: &mut Vec<String>,
    parts: &mut Vec<Part>,
) -> Outcome<()> {
    if begun.iter().any(|other| other == name) {
        return Ok(());
    }
    begun.push(name.to_owned());
    let fault = |error| format!("{name}: {error}");
    let part = parse(name, name == entry, minify::tokenize(&read(name).map_err(fault)?)?).map_err(fault)?;
    for (_, from) in &part.imports {
        visit(from, entry, read, begun, parts)?;
    }
    parts.push(part);
    Ok(())
}

/// Takes a part apart: the imports and exports at its top, and what it declares there.
fn parse(name: &str, is_entry: bool, tokens: Vec<Token>) -> Outcome<Part> {
    let mut part = Part { name: name.to_owned(), tokens: Vec::new(), imports: Vec::new(), declared: Vec::new() };
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token| token.text.as_str());
    let (mut at, mut depth, mut exported, mut declares) = (0, 0usize, false, false);
    while let Some(token) = tokens.get(at) {
        match (token.text.as_str(), depth) {
            ("import", 0) if !matches!(text(at + 1), "(" | ".") => {
                at = import(&tokens, at, &mut part.imports)?;
                continue;
            }
            ("export", 0) if text(at + 1) == "{" && is_entry => {}
            ("export", 0) if matches!(text(at + 1), "async" | "function" | "class" | "const" | "let") => {
                exported = true;
                at += 1;
                continue;
            }
            ("export", 0) => return Err(format!("`export {}` cannot be joined", text(at + 1)).into()),
            ("function" | "class" | "const" | "let" | "var", 0) if text(at + 1) != "(" => {
                if tokens[at + 1].kind != TokenKind::Word {
                    return Err(format!("`{} {}` does not say one name", token.text, text(at + 1)).into());
                }
                part.declared.push((text(at + 1).to_owned(), exported));
                (exported, declares) = (false, matches!(token.text.as_str(), "const" | "let" | "var"));
            }
            (",", 0) if declares => return Err("one statement declares several names".into()),
            (";", 0) => declares = false,
            _ if token.kind != TokenKind::Mark => {}
            ("{" | "(" | "[", _) => depth += 1,
            ("}" | ")" | "]", _) => depth = depth.checked_sub(1).ok_or("a bracket was never opened")?,
            _ => {}
        }
        // What went before it ended a line.
        let after_line_break = token.after_line_break || part.tokens.is_empty();
        part.tokens.push(Token { after_line_break, ..token.clone() });
        at += 1;
    }
    Ok(part)
}

/// Reads `import { one, other } from "./part.js";` at a place, and gives the place behind it.
fn import(tokens: &[Token], start: usize, imports: &mut Vec<(String, String)>) -> Outcome<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let closed = (start..tokens.len()).find(|at| text(*at) == "}").unwrap_or(tokens.len());
    let from = text(closed + 2).strip_suffix('"');
    // Beside it, or in a folder that several scripts share.
    let from = from
        .and_then(|from| from.strip_prefix("\"./").or(from.strip_prefix('"').filter(|from| from.starts_with("../"))));
    let names: Vec<&str> = (start + 2..closed).map(text).collect();
    let listed = names.chunks(2).all(|pair| pair.get(1).is_none_or(|comma| *comma == ","));
    match from {
        Some(from) if listed && text(start + 1) == "{" && text(closed + 1) == "from" && text(closed + 3) == ";" => {
            imports.extend(names.iter().step_by(2).map(|name| ((*name).to_owned(), from.to_owned())));
            Ok(closed + 4)
        }
        _ => Err("only `import { one, other } from \"./part.js\";` can be joined".into()),
    }
}

/// A name of another part that is called without being imported: one that is never anything but called is no name of this
/// part's own.
fn not_imported<'a>(part: &Part, owners: &BTreeMap<&'a str, (&'a str, bool)>) -> Option<(&'a str, &'a str)> {
    let calls_only = |name: &str| {
        let mut calls = 0;
        for (at, token) in part.tokens.iter().enumerate().filter(|(_, token)| token.text == name) {
            let before = at.checked_sub(1).map_or("", |at| part.tokens[at].text.as_str());
            if matches!(before, "." | "?.") {
                continue;
            }
            let is_call = part.tokens.get(at + 1).is_some_and(|next| next.text == "(");
            if !is_call || before == "function" || token.kind != TokenKind::Word {
                return false;
            }
            calls += 1;
        }
        calls > 0
    };
    let is_known = |name: &str| part.imports.iter().any(|(known, _)| known == name);
    owners
        .iter()
        .find(|(name, (owner, _))| *owner != part.name && !is_known(name) && calls_only(name))
        .map(|(name, (owner, _))| (*name, *owner))
}
