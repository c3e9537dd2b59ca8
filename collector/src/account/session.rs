//! The cookie that carries a session's token.

use crate::config::Config;
use axum::http::{HeaderMap, HeaderValue, header};

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// The `__Host-` prefix makes browsers refuse a cookie that is not Secure or that a sibling host has set.
fn name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-rapport" } else { "rapport" }
}

/// The token that the browser sent.
pub(super) fn token(config: &Config, headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name(config)).map(|(_, token)| token.to_owned())
}

/// `Set-Cookie` for a session; an empty `token` ends it.
pub(super) fn cookie(config: &Config, token: &str) -> HeaderValue {
    let age_s = if token.is_empty() { 0 } else { i64::from(config.session_days) * DAY_MS / 1_000 };
    let secure = if config.is_https() { "; Secure" } else { "" };
    let text = format!("{}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}", name(config));
    // A token is hexadecimal digits.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_locked_up_and_comes_back() {
        let https = Config { public_url: "https://feedback.example.com".into(), ..Config::default() };
        for (config, expected) in [
            (Config::default(), "rapport=abc; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"),
            (https, "__Host-rapport=abc; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"),
        ] {
            assert_eq!(cookie(&config, "abc"), expected);
            let sent = format!("other=1; {}=abc", name(&config));
            let headers: HeaderMap = [(header::COOKIE, sent.parse().unwrap())].into_iter().collect();
            assert_eq!(token(&config, &headers), Some("abc".into()));
        }
        assert_eq!(token(&Config::default(), &HeaderMap::new()), None);
        assert!(cookie(&Config::default(), "").to_str().unwrap().contains("Max-Age=0"));
    }
}
