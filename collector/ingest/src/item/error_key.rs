//! Which errors are one: by type, own file without origin, query and build hash, and function; by a message without its particulars only
//! where there is no stack.
//!
//! Lines and columns are no part of it: minified code has one line, and both change at each deploy. Order and replacements follow
//! Sentry's grouping (stack before message; parameters of messages replaced) and Datadog's (versions and ids dropped from files).

use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_store::error_key::ErrorKey;
use rapport_store::signal_detail::SignalDetail;
use sha2::{Digest, Sha256};

/// The version of the rule, which each key begins with: keys of different versions are never one but by hand.
pub const VERSION: u32 = 1;

/// Stands in place of what changes from one build, or one error, to the next.
const ANY: &str = "*";

/// The line of a stack that tells most: the first of a script of one of these origins, else the first that ends in a place, else the
/// first with an address; empty without any.
pub fn frame<'a>(stack: &'a str, origins: &[String]) -> &'a str {
    let with_address = || stack.lines().filter(|line| line.contains("://"));
    let is_own = |line: &&str| origins.iter().any(|origin| line.contains(&format!("{origin}/")));
    let has_place = |line: &&str| line.trim_end_matches(')').ends_with(|last: char| last.is_ascii_digit());
    let of = |is_it: &dyn Fn(&&str) -> bool| with_address().find(|line| is_it(line));
    of(&|line| is_own(line) && has_place(line)).or(of(&has_place)).or(of(&|_| true)).unwrap_or_default()
}

/// What a line of a stack says: function, file without origin, line and column. Chrome writes `at f (https://…:1:2)`, Firefox and Safari
/// `f@https://…:1:2`.
pub fn place(frame: &str) -> SignalDetail {
    let Some(scheme) = frame.find("://") else { return SignalDetail::default() };
    let is_scheme = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    let begin = frame[..scheme].trim_end_matches(is_scheme).len();
    let function = frame[..begin].trim().trim_end_matches(['(', '@']).trim();
    let function =
        function.strip_prefix("at").filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(function);
    let address = frame[scheme + 3..].trim().trim_end_matches(')');
    let path = address.find('/').map_or("", |slash| &address[slash..]);
    let (path, last) = number_behind(path);
    let (path, before) = number_behind(path);
    let (line, column) = if before > 0 { (before, last) } else { (last, 0) };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    SignalDetail {
        file: path.to_owned(),
        function: function.trim().to_owned(),
        line,
        column,
        ..SignalDetail::default()
    }
}

/// A text without the `:12` that it ends with, and the number; 0 for none.
fn number_behind(text: &str) -> (&str, u32) {
    let number = text.rsplit_once(':').and_then(|(rest, number)| Some((rest, number.parse().ok()?)));
    number.unwrap_or((text, 0))
}

/// The key of an error of a type with a message, thrown at a place.
pub fn key(name: &str, message: &str, place: &SignalDetail) -> ErrorKey {
    let (file, function) = (file(&place.file), function(&place.function));
    let message = if place.file.is_empty() { plain_message(message) } else { String::new() };
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([0])
        .chain_update(&file)
        .chain_update([0])
        .chain_update(&function)
        .chain_update([0])
        .chain_update(&message)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let hash: String = Id(bytes).to_text().replace('-', "").chars().take(16).collect();
    ErrorKey { error_key: format!("{VERSION}-{hash}"), name: name.to_owned(), file, function, ..ErrorKey::default() }
}

/// A function as every browser would call it: Chrome names what it is called on, Firefox where it was defined.
fn function(name: &str) -> String {
    let name = name.split(" [as ").next().unwrap_or_default();
    let name = name.strip_prefix("async ").or_else(|| name.strip_prefix("async*")).unwrap_or(name);
    let name = name.strip_prefix("new ").unwrap_or(name);
    let name = name.rsplit(['.', '/', '*']).next().unwrap_or_default();
    let unnamed = ["<anonymous>", "<", "anonymous", "eval", "global code", "module code", "eval code", "?"];
    let name = if unnamed.contains(&name) { "" } else { name };
    name.chars().take(limit::NAME_CHARACTERS).collect()
}

/// A file without what changes from build to build: hashes, versions, numbers of builds and ids in folders.
fn file(path: &str) -> String {
    let path: Vec<_> = path.split('/').map(segment).collect();
    path.join("/").chars().take(limit::PATH_CHARACTERS).collect()
}

fn segment(segment: &str) -> String {
    if Id::parse(segment).is_some() || !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
        return ANY.to_owned();
    }
    if segment.len() >= HASH && !segment.contains(['.', '-']) && is_hash(segment) {
        return ANY.to_owned();
    }
    let (stem, endings) = stem_of(segment);
    let mut stem = without_version(&stem);
    // A hash of Rollup and Vite may hold what separates other names.
    if let Some(at) = stem.len().checked_sub(HASH + 1).filter(|at| stem.is_char_boundary(*at))
        && at > 0
        && stem[at..].starts_with(['-', '.'])
        && is_random(&stem[at + 1..])
    {
        stem.replace_range(at + 1.., ANY);
    }
    let mut plain = String::new();
    let mut token = String::new();
    for character in stem.chars().chain(['\0']) {
        if character.is_ascii_alphanumeric() {
            token.push(character);
            continue;
        }
        plain += if is_hash(&token) { ANY } else { &token };
        token.clear();
        if character != '\0' {
            plain.push(character);
        }
    }
    plain + &endings
}

/// Characters of a hash, as Rollup, Vite and esbuild write it.
const HASH: usize = 8;
/// Fewest characters of a hexadecimal hash.
const HEX: usize = 5;

/// What the name of a file is, and what it ends with (`.min.js`).
fn stem_of(name: &str) -> (String, String) {
    let known = [
        ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".html", ".min", ".chunk", ".bundle",
        ".module",
    ];
    let mut stem = name;
    while let Some(ending) = known.iter().find(|ending| stem.len() > ending.len() && stem.ends_with(**ending)) {
        stem = &stem[..stem.len() - ending.len()];
    }
    (stem.to_owned(), name[stem.len()..].to_owned())
}

/// Without versions: numbers that dots join, such as `1.4.2` or `v1.4`.
fn without_version(stem: &str) -> String {
    let mut plain = String::new();
    let mut rest = stem;
    while let Some(at) = rest.find(|character: char| character.is_ascii_digit()) {
        let run = rest[at..].trim_start_matches(|character: char| character.is_ascii_digit() || character == '.').len();
        let run = &rest[at..rest.len() - run];
        let begins =
            rest[..at].trim_end_matches(['v', 'V']).chars().last().is_none_or(|before| !before.is_alphanumeric());
        let ends = rest[at + run.len()..].chars().next().is_none_or(|after| !after.is_alphanumeric());
        if begins && ends && run.trim_matches('.').contains('.') {
            plain += rest[..at].trim_end_matches(['v', 'V']);
            plain += ANY;
            // A dot behind it belongs to what follows.
            plain += if run.ends_with('.') { "." } else { "" };
        } else {
            plain += &rest[..at + run.len()];
        }
        rest = &rest[at + run.len()..];
    }
    plain + rest
}

/// Whether a word is one that a build made up: hexadecimal with a digit, or long and mixed as no name is.
fn is_hash(word: &str) -> bool {
    let (digits, hex) = counts(word);
    let is_hex = word.len() >= HEX && hex == word.len() && (digits > 0 || word.len() >= 16);
    let is_number = word.len() < HEX + 1 && digits == word.len();
    is_hex && !is_number || word.len() >= HASH && is_random(word)
}

fn counts(word: &str) -> (usize, usize) {
    let count = |of: fn(&u8) -> bool| word.as_bytes().iter().filter(|byte| of(byte)).count();
    (count(u8::is_ascii_digit), count(u8::is_ascii_hexdigit))
}

/// Whether a word is no word: digits among letters, or capitals where no name has them.
fn is_random(word: &str) -> bool {
    if !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return false;
    }
    let inner = word.trim_end_matches(|character: char| character.is_ascii_digit());
    let has_digit_within = inner.bytes().any(|byte| byte.is_ascii_digit());
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let small = word.bytes().filter(u8::is_ascii_lowercase).count();
    // Words that begin with a capital each have a few letters each.
    let bytes = word.as_bytes();
    let turns = bytes.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let pairs = bytes.windows(2).filter(|pair| pair[0].is_ascii_uppercase() && pair[1].is_ascii_uppercase()).count();
    let is_mixed = small > 0 && capitals >= 2 && (turns + pairs) * 4 > word.len();
    has_digit_within || is_mixed || small == 0 && capitals + counts(word).0 == word.len() && word.len() == HASH
}

/// A message without its particulars: quoted values, addresses, and whatever has digits.
fn plain_message(message: &str) -> String {
    let mut plain = String::new();
    for word in unquoted(message).split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
        let is_particular = word.contains("://")
            || word.contains('@')
            || word.chars().any(char::is_numeric)
            || bare.len() >= 16 && counts(bare).1 == bare.len();
        plain += if is_particular { ANY } else { word };
    }
    plain
}

/// Without what stands between quotation marks. An apostrophe within a word is none.
fn unquoted(message: &str) -> String {
    let mut plain = String::new();
    let mut open = None;
    let mut characters = message.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        match open {
            Some(close) => {
                let is_apostrophe = character == '\'' && characters.peek().is_some_and(|next| next.is_alphanumeric());
                if character == close && !is_apostrophe {
                    open = None;
                }
            }
            None => match character {
                '"' | '`' | '“' | '«' => {
                    open = Some(match character {
                        '“' => '”',
                        '«' => '»',
                        same => same,
                    });
                    plain += ANY;
                }
                '\'' if !before.is_alphanumeric() => {
                    open = Some('\'');
                    plain += ANY;
                }
                _ => plain.push(character),
            },
        }
        before = character;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(frame: &str, message: &str) -> String {
        key("TypeError", message, &place(frame)).error_key
    }

    #[test]
    fn the_first_own_line_of_a_stack_tells_most() {
        let origins = ["https://shop.example".to_owned()];
        for (stack, expected) in [
            (
                "TypeError: no https://shop.example/x here\n    at get (https://cdn.example/lib.js:3:4)\n    at pay (https://shop.example/app.js:10:5)",
                "    at pay (https://shop.example/app.js:10:5)",
            ),
            (
                "get@https://cdn.example/lib.js:3:4\npay@https://shop.example.org/app.js:10:5\n",
                "get@https://cdn.example/lib.js:3:4",
            ),
            ("https://shop.example/app.js", "https://shop.example/app.js"),
            ("Error: x", ""),
        ] {
            assert_eq!(frame(stack, &origins), expected, "{stack}");
        }
    }

    #[test]
    fn hashed_file_names_do_not_split_errors_at_each_deploy() {
        for (one, other) in [
            ("app.3f9a2b1c.js", "app.77aa21de.js"),
            ("main-4fd2a.js", "main-99bc1.js"),
            ("index-BkD3fA9x.js", "index-C_x-1aBd.js"),
            ("index-DkQwTrAb.js", "index-a1B2c3D4.js"),
            ("chunk-ABCDEFGH.js", "chunk-ZX7QK2LM.js"),
            ("2.c8d7e6f5.chunk.js", "2.00aa11bb.chunk.js"),
            ("app.js?v=123", "app.js?v=124"),
            ("app.1699999999.js", "app.1700000123.js"),
            ("app-1.4.2.min.js", "app-1.5.0.min.js"),
            ("v1.4.2/app.js", "v1.5.0/app.js"),
            ("3f9a2b1c44d0/app.js", "77aa21de90f1/app.js"),
            ("550e8400-e29b-41d4-a716-446655440000/app.js", "018f8d3e-0000-7000-8000-000000000001/app.js"),
            (
                "_next/static/chunks/pages/index-a1b2c3d4e5f60718.js",
                "_next/static/chunks/pages/index-ffb2c3d4e5f60700.js",
            ),
        ] {
            let at =
                |name: &str, place: &str| of(&format!("    at pay (https://shop.example/assets/{name}:{place})"), "");
            assert_eq!(at(one, "1:200"), at(other, "1:98431"), "{one} {other}: {} {}", file(one), file(other));
        }
    }

    #[test]
    fn files_that_are_not_the_same_stay_apart() {
        let names = [
            "app.js",
            "checkout.js",
            "app-shell.js",
            "AppShell.js",
            "userMenu.js",
            "h264.js",
            "jquery.min.js",
            "index-checkout.js",
            "index-settings.js",
            "index-userMenu.js",
            "page2.js",
            "facade.js",
            "decade.js",
            "i18n.js",
            "base64.js",
        ];
        let mut files: Vec<_> = names.iter().map(|name| file(&format!("/js/{name}"))).collect();
        files.sort();
        files.dedup();
        assert_eq!(files.len(), names.len(), "{files:?}");
    }

    #[test]
    fn errors_are_the_same_in_every_browser_and_from_every_origin() {
        let chrome = of("    at Cart.pay (https://shop.example/app.js:10:5)", "x");
        for other in [
            "pay@https://shop.example/app.js:10:5",
            "async*pay@https://shop.example/app.js:10:5",
            "    at async Cart.pay (https://shop.example/app.js:10:5)",
            "    at new pay (https://staging.shop.example:8443/app.js:99:1)",
            "    at Object.pay [as onclick] (https://shop.example/app.js:10)",
            "Cart/pay@https://shop.example/app.js:10:5",
        ] {
            assert_eq!(of(other, "another message"), chrome, "{other}");
        }
        let unnamed = of("    at https://shop.example/app.js:10:5", "x");
        for other in [
            "@https://shop.example/app.js:1:1",
            "    at <anonymous> (https://shop.example/app.js:1:1)",
            "pay/<@https://shop.example/app.js:1:1",
        ] {
            assert_eq!(of(other, ""), unnamed, "{other}");
        }
        assert_ne!(unnamed, chrome);
        assert_ne!(of("    at refund (https://shop.example/app.js:10:5)", "x"), chrome, "another function");
        assert_ne!(of("    at pay (https://shop.example/admin.js:10:5)", "x"), chrome, "another file");
        assert_ne!(
            key("RangeError", "x", &place("pay@https://shop.example/app.js:10:5")).error_key,
            chrome,
            "another type"
        );
    }

    #[test]
    fn another_message_of_the_same_stack_is_the_same_error() {
        let frame = "    at pay (https://shop.example/app.js:10:5)";
        assert_eq!(of(frame, "order 4711 cannot be paid"), of(frame, "the card was refused"));
    }

    #[test]
    fn ids_in_messages_without_a_stack_make_no_errors_of_their_own() {
        for (one, other) in [
            ("order 4711 failed", "order 4712 failed"),
            ("Request to https://api.example/a/1 failed", "Request to https://api.example/b/2 failed"),
            ("no user ada@example.com", "no user eve@example.org"),
            ("cannot read 'total' of undefined", "cannot read 'sum' of undefined"),
            ("can't find \"x's y\" here", "can't find \"z\" here"),
            (
                "session 550e8400-e29b-41d4-a716-446655440000 is over",
                "session 018f8d3e-0000-7000-8000-000000000001 is over",
            ),
            ("took 3.5s at 10.0.0.1", "took 12s at 192.168.0.1"),
            ("bad token deadbeefdeadbeefcafe", "bad token cafecafecafecafecafe"),
            ("заказ №42 потерян", "заказ №43 потерян"),
        ] {
            assert_eq!(of("", one), of("", other), "{} {}", plain_message(one), plain_message(other));
        }
        assert_ne!(of("", "order 4711 failed"), of("", "basket 4711 failed"));
        assert_ne!(of("", "can't pay"), of("", "can't refund"));
        assert_ne!(of("", "Script error."), of("https://shop.example/app.js", "Script error."));
    }

    #[test]
    fn a_key_says_the_version_of_its_rule_and_its_place_is_kept_as_a_detail() {
        assert!(of("", "x").starts_with("1-") && of("", "x").len() == 18);
        let detail = place("    at Cart.pay (https://shop.example/assets/app.3f9a.js:10:5)");
        let expected = SignalDetail {
            file: "/assets/app.3f9a.js".into(),
            function: "Cart.pay".into(),
            line: 10,
            column: 5,
            ..SignalDetail::default()
        };
        assert_eq!(detail, expected);
        assert_eq!(place("pay@https://shop.example/app.js:7").line, 7);
        assert_eq!(place("pay"), SignalDetail::default());
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_without_harm(frame in "\\PC{0,80}", message in "\\PC{0,80}") {
            let place = place(&frame);
            let key = key("Error", &message, &place);
            proptest::prop_assert!(key.error_key.len() <= rapport_store::error_key::KEY_BYTES);
            let again = file(&key.file);
            proptest::prop_assert_eq!(again, key.file);
        }
    }
}
