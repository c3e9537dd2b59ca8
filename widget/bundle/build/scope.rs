//! Where the names that a script declares mean what it declares, as ranges of its tokens. A range may be smaller than the true
//! one, and never larger; what is not understood declares nothing.

use super::{Token, TokenKind, line_break_matters};
use std::collections::BTreeMap;
use std::ops::Range;

/// Names with the ranges of tokens in which they are what the script declares.
pub type Scopes<'a> = BTreeMap<&'a str, Vec<Range<usize>>>;

/// For each bracket the place of its other half.
pub fn pairs(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Mark) {
        match token.text.as_str() {
            "(" | "[" | "{" => open.push(at),
            ")" | "]" | "}" => {
                if let Some(other) = open.pop() {
                    (pairs[at], pairs[other]) = (Some(other), Some(at));
                }
            }
            _ => {}
        }
    }
    pairs
}

/// What a script declares: by `const`, `let`, `function` and `class`, as parameters, and what it catches.
pub fn scopes(tokens: &[Token]) -> Scopes<'_> {
    let script = Script { tokens, pairs: pairs(tokens) };
    let mut scopes = Scopes::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind != TokenKind::Literal) {
        match token.text.as_str() {
            "(" | "[" | "{" => open.push(at),
            ")" | "]" | "}" => drop(open.pop()),
            // What `var` declares is seen beyond its block.
            "var" if !open.is_empty() => {}
            "const" | "let" | "var" | "function" | "class" => {
                script.declared(at + 1, &script.around(open.last().copied()), &mut scopes);
            }
            "=>" => {
                let end = script.body(at + 1);
                match script.pairs[at - 1] {
                    Some(start) => script.listed(start, &(start..end), &mut scopes),
                    None => script.add(at - 1, at - 1..end, &mut scopes),
                }
            }
            _ => {}
        }
        if token.text == ")" && script.text(at + 1) == "{" {
            script.parameters(at, &mut scopes);
        }
    }
    scopes
}

/// A script with the halves of its brackets.
struct Script<'a> {
    tokens: &'a [Token],
    pairs: Vec<Option<usize>>,
}

impl<'a> Script<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn closing(&self, open: usize) -> usize {
        self.pairs[open].unwrap_or(open)
    }

    fn add(&self, at: usize, range: Range<usize>, scopes: &mut Scopes<'a>) {
        if self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word) {
            scopes.entry(self.text(at)).or_default().push(range);
        }
    }

    /// The range of what is declared directly within a bracket: all of it, and for the head of a loop also its body.
    fn around(&self, open: Option<usize>) -> Range<usize> {
        let Some(open) = open else { return 0..self.tokens.len() };
        let closing = self.closing(open);
        let is_loop = self.text(open) == "(" && matches!(self.text(open.wrapping_sub(1)), "for" | "await");
        open..if is_loop { self.body(closing + 1) } else { closing }
    }

    /// One name, or those of `[one, other]`.
    fn declared(&self, at: usize, range: &Range<usize>, scopes: &mut Scopes<'a>) {
        if self.text(at) == "[" { self.listed(at, range, scopes) } else { self.add(at, range.clone(), scopes) }
    }

    /// The names that stand alone in a list, or in one within it.
    fn listed(&self, open: usize, range: &Range<usize>, scopes: &mut Scopes<'a>) {
        let mut at = open + 1;
        while at < self.closing(open) {
            let stands = matches!(self.text(at - 1), "(" | "[" | "," | "...");
            if stands && self.text(at) == "[" {
                self.listed(at, range, scopes);
            } else if stands && matches!(self.text(at + 1), "," | ")" | "]" | "=") {
                self.add(at, range.clone(), scopes);
            }
            // What is in brackets of another kind is a pattern of properties, or a value.
            at = if matches!(self.text(at), "(" | "[" | "{") { self.closing(at) + 1 } else { at + 1 };
        }
    }

    /// The parameters before a body, of whatever is no statement with a condition.
    fn parameters(&self, closing: usize, scopes: &mut Scopes<'a>) {
        let Some(open) = self.pairs[closing] else { return };
        if !matches!(self.text(open.wrapping_sub(1)), "if" | "for" | "while" | "switch" | "with" | "await") {
            self.listed(open, &(open..self.closing(closing + 1)), scopes);
        }
    }

    /// The place behind a block, or behind an expression.
    fn body(&self, start: usize) -> usize {
        if self.text(start) == "{" {
            return self.closing(start);
        }
        let (mut at, mut templates) = (start, 0usize);
        while let Some(token) = self.tokens.get(at) {
            let text = token.text.as_str();
            let ends_line = at > start && token.after_line_break && line_break_matters(&self.tokens[at - 1], token);
            match token.kind {
                _ if ends_line => return at,
                TokenKind::Mark if matches!(text, ")" | "]" | "}" | "," | ";") => return at,
                TokenKind::Mark if matches!(text, "(" | "[" | "{") => at = self.closing(at),
                TokenKind::Literal if text.starts_with('}') && templates == 0 => return at,
                TokenKind::Literal if text.starts_with('}') && !text.ends_with("${") => templates -= 1,
                TokenKind::Literal if text.starts_with('`') && text.ends_with("${") => templates += 1,
                _ => {}
            }
            at += 1;
        }
        at
    }
}
