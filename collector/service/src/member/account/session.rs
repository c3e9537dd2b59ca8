//! The cookies that carry a session's token, and the token of a browser in which somebody has signed in before.

use crate::config::Config;
use axum::http::{HeaderMap, HeaderValue, header};

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// How long a browser stays known after somebody signed in with it, in milliseconds (half a year).
pub(super) const KNOWN_MS: i64 = 180 * DAY_MS;

/// The `__Host-` prefix makes browsers refuse a cookie that is not Secure or that a sibling host has set.
fn name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-rapport" } else { "rapport" }
}

/// How long the code may take that follows a password, in milliseconds.
pub(super) const HALF_MS: i64 = 10 * 60_000;

fn half_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-rapport-half" } else { "rapport-half" }
}

/// The token of a browser in which the password was right, and a code is still to come.
pub(super) fn half_token(config: &Config, headers: &HeaderMap) -> Option<String> {
    value(headers, half_name(config))
}

/// `Set-Cookie` for such a browser; an empty `token` ends it.
pub(super) fn half_cookie(config: &Config, token: &str) -> HeaderValue {
    set(config, half_name(config), token, if token.is_empty() { 0 } else { HALF_MS })
}

fn known_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-rapport-known" } else { "rapport-known" }
}

/// The token of the session that the browser sent.
pub(super) fn token(config: &Config, headers: &HeaderMap) -> Option<String> {
    value(headers, name(config))
}

/// The token of the browser itself.
pub(super) fn known_token(config: &Config, headers: &HeaderMap) -> Option<String> {
    value(headers, known_name(config))
}

fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, token)| token.to_owned())
}

/// `Set-Cookie` for a session; an empty `token` ends it.
pub(super) fn cookie(config: &Config, token: &str) -> HeaderValue {
    let lasts_ms = if token.is_empty() { 0 } else { i64::from(config.session_days) * DAY_MS };
    set(config, name(config), token, lasts_ms)
}

/// `Set-Cookie` for a browser that is known from now on.
pub(super) fn known_cookie(config: &Config, token: &str) -> HeaderValue {
    set(config, known_name(config), token, KNOWN_MS)
}

fn set(config: &Config, name: &str, token: &str, lasts_ms: i64) -> HeaderValue {
    let (age_s, secure) = (lasts_ms / 1_000, if config.is_https() { "; Secure" } else { "" });
    let text = format!("{name}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
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
