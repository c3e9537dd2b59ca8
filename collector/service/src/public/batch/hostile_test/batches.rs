//! Batches that are wrong as a whole, and those that are only strange.

use super::{BatchCase, Told, batch, fresh_id, good};
use axum::body::Body;
use http_body_util::Limited;
use rapport_shared::limit;
use serde_json::json;

type Headers = Vec<(&'static str, &'static str)>;

fn case(name: impl Into<String>, headers: Headers, body: impl Into<Body>, told: Told) -> BatchCase {
    BatchCase { name: name.into(), headers, body: body.into(), told }
}

pub fn cases() -> Vec<BatchCase> {
    let mut cases = malformed();
    cases.extend(refused());
    cases.extend(strange());
    cases
}

/// 400: not a batch.
fn malformed() -> Vec<BatchCase> {
    let (one, session) = (good(), fresh_id());
    let items = |items: &str| format!(r#"{{"site":"shop","items":{items}}}"#);
    let envelope = |field: &str| format!(r#"{{"site":"shop",{field},"items":[{}]}}"#, good());
    let deep = |depth: usize| "[".repeat(depth);
    let object = "must be a JSON object with site and items";
    let texts = [
        ("an empty body", String::new(), "", object),
        ("white space", " \n\t ".into(), "", object),
        ("an open brace", "{".into(), "", object),
        ("null", "null".into(), "", object),
        ("a number", "42".into(), "", object),
        ("a string", "\"shop\"".into(), "", object),
        ("a list", "[]".into(), "", object),
        ("a batch as a list of its fields", format!(r#"["shop",null,null,[{one}]]"#), "", object),
        ("a byte order mark", format!("\u{feff}{}", batch(&[good()])), "", object),
        ("two batches", format!("{0}{0}", batch(&[good()])), "", "trailing characters"),
        ("half a batch", batch(&[good()])[..60].into(), "", object),
        ("single quotes", batch(&[good()]).replace('"', "'"), "", object),
        ("HTML", "<html><script>alert(1)</script></html>".into(), "", object),
        ("a form", "site=shop&items=%5B%5D".into(), "", object),
        ("an item cut off", items(r#"[{"type":"page_view"]"#), "", object),
        ("an item that is not JSON", items(&format!("[{one},{{type:page_view}}]")), "", object),
        ("NaN", items(&format!(r#"[{one},{{"type":"page_view","age_ms":NaN}}]"#)), "", object),
        ("a control character within a text", items(&format!("[{one},{{\"type\":\"page\u{1}view\"}}]")), "", object),
        ("an escape that does not exist", items(&format!(r#"[{one},{{"type":"\x"}}]"#)), "", object),
        ("a trailing comma", items(&format!("[{one},]")), "", object),
        ("unclosed lists, deep", items(&deep(60_000)), "", object),
        ("unclosed objects, deep", format!("{{\"site\":{}", "{\"a\":".repeat(12_000)), "site", "must be text"),
        ("no items", items("[]"), "items", "at least 1"),
        ("no field items", r#"{"site":"shop"}"#.into(), "items", "at least 1"),
        ("items that are null", items("null"), "items", "must be a list"),
        ("items that are an object", items("{}"), "items", "must be a list"),
        ("items that are a text", items("\"[]\""), "items", "must be a list"),
        ("too many items", items(&format!("[{}1]", "1,".repeat(limit::BATCH_ITEMS))), "items", "at most 100"),
        ("a site that is a number", r#"{"site":7,"items":[1]}"#.into(), "site", "must be text"),
        ("a site that is null", r#"{"site":null,"items":[1]}"#.into(), "site", "must be text"),
        ("two sites", envelope(r#""site":"shop""#), "site", "is given twice"),
        ("a session that is no id", envelope(r#""session":"x""#), "session", "must be a UUID"),
        (
            "a session that is nil",
            envelope(r#""session":"00000000-0000-0000-0000-000000000000""#),
            "session",
            "must be a UUID",
        ),
        ("a visitor that is a number", envelope(r#""visitor":1e400"#), "", object),
        (
            "a session without hyphens",
            envelope(&format!(r#""session":"{}""#, session.replace('-', ""))),
            "session",
            "UUID",
        ),
    ];
    let mut cases: Vec<BatchCase> = texts
        .into_iter()
        .map(|(name, body, field, detail)| case(name, vec![], body, Told::Refused(400, field, detail)))
        .collect();
    let utf_16: Vec<u8> = batch(&[good()]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut broken = batch(&[good()]).into_bytes();
    broken[20] = 0xff;
    // A body that ends in an error after 30 bytes, as when the sender goes away.
    let torn = Limited::new(Body::from(batch(&[good()])), 30);
    for (name, body, detail) in [
        ("UTF-16", Body::from(utf_16), object),
        ("a byte that is not UTF-8", broken.into(), "byte 20 is not"),
        ("gzip", vec![0x1f, 0x8b, 8, 0, 0].into(), "must be UTF-8"),
        ("an overlong encoding", vec![b'{', 0xc0, 0x80, b'}'].into(), "must be UTF-8"),
        ("an encoded surrogate", vec![b'{', 0xed, 0xa0, 0x80, b'}'].into(), "must be UTF-8"),
        ("a body that breaks off", Body::new(torn), "the body broke off"),
    ] {
        cases.push(case(name, vec![], body, Told::Refused(400, "", detail)));
    }
    cases
}

/// 401, 403, 404 and 413.
fn refused() -> Vec<BatchCase> {
    let own = || batch(&[good()]);
    let keyed = |key: &str| json!({ "site": key, "items": [1] }).to_string();
    let mut large = own();
    large.push_str(&" ".repeat(limit::BATCH_BYTES + 1 - large.len()));
    let mut cases = vec![
        case("no site key", vec![], r#"{"items":[1]}"#, Told::Refused(401, "site", "names no site key")),
        case("an empty site key", vec![], keyed(""), Told::Refused(401, "site", "names no site key")),
        case("one byte too many", vec![], large, Told::Refused(413, "", "at most 65536 bytes")),
        case("a megabyte", vec![], vec![b'['; 1 << 20], Told::Refused(413, "", "at most 65536 bytes")),
    ];
    for key in ["none", "SHOP", "shop ", "shop\u{0}", "' OR 1=1 --", "<script>", "../../etc", &"k".repeat(60_000)] {
        let name = format!("the site key {}", key.escape_debug().take(20).collect::<String>());
        cases.push(case(name, vec![], keyed(key), Told::Refused(404, "", "no site has this key")));
    }
    // It is read as U+FFFD, which is no site's key.
    let surrogate = r#"{"site":"\ud800","items":[1]}"#;
    cases.push(case("a lone surrogate as site", vec![], surrogate, Told::Refused(404, "", "no site has this key")));
    for origin in [
        "https://evil.example",
        "http://shop.example.com",
        "https://shop.example.com.evil.example",
        "https://shop.example.com:444",
        "https://evil.example/https://shop.example.com",
        "null",
        "",
        "*",
        "\u{fc}",
    ] {
        let told = Told::Refused(403, "", "one of the site's");
        cases.push(case(format!("the origin {origin:?}"), vec![("origin", origin)], own(), told));
    }
    cases
}

/// 202, however strange it looks.
fn strange() -> Vec<BatchCase> {
    let one = || Told::Taken(1, 0, vec![]);
    let own = || batch(&[good()]);
    let with = |field: &str| own().replacen('{', &format!("{{{field},"), 1);
    let mut full = own();
    full.push_str(&" ".repeat(limit::BATCH_BYTES - full.len()));
    let hundred: Vec<String> = (0..limit::BATCH_ITEMS).map(|_| good()).collect();
    let same = good();
    let nested = format!(r#""unknown":{}{}"#, "[".repeat(20_000), "]".repeat(20_000));
    let response = json!({ "type": "response", "id": fresh_id(), "survey": "all", "survey_version": 1,
        "answers": [{ "question": "likely", "score": 3 }], "trail": [{ "kind": "error" }] });
    let withheld = || vec![(0, String::new(), "Global Privacy Control".to_owned())];
    let mut cases = vec![
        case("as many bytes as may be", vec![], full, one()),
        case("as many items as may be", vec![], batch(&hundred), Told::Taken(100, 0, vec![])),
        case(
            "the same item three times",
            vec![],
            batch(&[same.clone(), same.clone(), same]),
            Told::Taken(1, 2, vec![]),
        ),
        case("a field of a later version", vec![], with(r#""colour":{"a":[1e400,null]}"#), one()),
        case("deep nesting in an unknown field", vec![], with(&nested), one()),
        case("white space around it", vec![], format!("\n\t {} \r\n", own()), one()),
        case("its own origin in capitals", vec![("origin", "HTTPS://SHOP.EXAMPLE.COM")], own(), one()),
        case("another content type", vec![("content-type", "image/png")], own(), one()),
        case("a language that is no language", vec![("accept-language", "<script>;q=\u{fc}")], own(), one()),
        case("a forwarded address that is none", vec![("x-forwarded-for", "', (), ::::, 1.2.3.4.5")], own(), one()),
        case("a cookie", vec![("cookie", "rapport=stolen")], own(), one()),
        case("Do Not Track", vec![("dnt", "1")], own(), Told::Taken(0, 0, withheld())),
        case(
            "Global Privacy Control",
            vec![("sec-gpc", "1")],
            batch(&[good(), response.to_string()]),
            Told::Taken(1, 0, withheld()),
        ),
    ];
    for user_agent in ["", "\u{fc}", "Googlebot/2.1", "' OR 1=1 --", "((((((((((a*)*)*)*)*)*)*)*)*)*$"] {
        cases.push(case(format!("the user agent {user_agent:?}"), vec![("user-agent", user_agent)], own(), one()));
    }
    cases
}
