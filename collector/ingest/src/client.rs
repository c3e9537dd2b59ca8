//! What the headers tell of a client: device class, browser, bot, language, privacy signal.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use rapport_shared::language::tidy;
use rapport_shared::targeting::Device;

/// What is known of the sender of a batch besides its address.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    /// The `User-Agent` header; it goes no further than the visitor key.
    pub user_agent: &'a str,
    /// Device class.
    pub device: Device,
    /// The browser.
    pub browser: Browser,
    /// Whether a known bot sent it.
    pub bot: bool,
    /// First language of `Accept-Language`, lower case, without weight; empty when unknown.
    pub language: String,
    /// `Sec-GPC: 1` or `DNT: 1`: telemetry is not stored.
    pub privacy_signal: bool,
}

impl<'a> Client<'a> {
    /// Reads the headers' values; an absent one is empty.
    pub fn new(user_agent: &'a str, accept_language: &str, sec_gpc: &str, dnt: &str) -> Self {
        Self {
            user_agent,
            device: Device::of_user_agent(user_agent),
            browser: Browser::of_user_agent(user_agent),
            bot: is_bot(user_agent),
            language: tidy(accept_language.split([',', ';']).next().unwrap_or_default()).to_ascii_lowercase(),
            privacy_signal: sec_gpc.trim() == "1" || dnt.trim() == "1",
        }
    }
}

/// The browser, as far as its name is told: those that people know apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as they are")]
pub enum Browser {
    Chrome,
    Edge,
    Firefox,
    Opera,
    Safari,
    SamsungInternet,
    Other,
}

impl Browser {
    /// What each has in its `User-Agent` that those after it may have too: whoever is built on another names that as well.
    const MARKS: [(&'static str, Self); 12] = [
        ("Edg", Self::Edge),
        ("OPR/", Self::Opera),
        ("OPT/", Self::Opera),
        ("Opera", Self::Opera),
        ("SamsungBrowser/", Self::SamsungInternet),
        ("Firefox/", Self::Firefox),
        ("FxiOS/", Self::Firefox),
        ("CriOS/", Self::Chrome),
        ("Chrome/", Self::Chrome),
        ("Chromium/", Self::Chrome),
        ("Safari/", Self::Safari),
        ("iPhone; CPU", Self::Safari),
    ];

    /// The browser that a `User-Agent` names.
    pub fn of_user_agent(user_agent: &str) -> Self {
        let known = Self::MARKS.into_iter().find(|(mark, _)| user_agent.contains(mark));
        known.map_or(Self::Other, |(_, browser)| browser)
    }

    /// The name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Edge => "edge",
            Self::Firefox => "firefox",
            Self::Opera => "opera",
            Self::Safari => "safari",
            Self::SamsungInternet => "samsung-internet",
            Self::Other => "other",
        }
    }
}

/// Most user agents whose verdict is remembered.
const REMEMBERED: usize = 2_048;
/// Longest user agent that is remembered, in bytes.
const REMEMBERED_BYTES: usize = 512;

/// Whether a known bot has this user agent. Hundreds of patterns are tried, so the verdict is remembered.
fn is_bot(user_agent: &str) -> bool {
    static BOTS: LazyLock<isbot::Bots> = LazyLock::new(isbot::Bots::default);
    static KNOWN: LazyLock<RwLock<HashMap<String, bool>>> = LazyLock::new(RwLock::default);
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(user_agent).copied();
    known.unwrap_or_else(|| {
        let bot = user_agent.is_empty() || BOTS.is_bot(user_agent);
        if user_agent.len() <= REMEMBERED_BYTES {
            let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
            // Made-up user agents only cost what each costs anyway.
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(user_agent.to_owned(), bot);
        }
        bot
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_is_built_on_another_is_told_by_its_own_name() {
        for (ending, browser) in [
            ("AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", Browser::Chrome),
            ("AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.86", Browser::Edge),
            ("AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 OPR/116.0.0.0", Browser::Opera),
            ("AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36", Browser::SamsungInternet),
            ("AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", Browser::Safari),
            (
                "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
                Browser::Chrome,
            ),
            ("AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/133.0 Mobile/15E148 Safari/605.1.15", Browser::Firefox),
            ("AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 EdgiOS/131.0 Safari/604.1", Browser::Edge),
            ("Gecko/20100101 Firefox/133.0", Browser::Firefox),
            ("Lynx/2.9.0", Browser::Other),
        ] {
            assert_eq!(Browser::of_user_agent(&format!("Mozilla/5.0 (X11) {ending}")), browser, "{ending}");
        }
    }

    #[test]
    fn devices_bots_and_languages_are_told_from_headers() {
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";
        let pixel = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36";
        let tab = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/131.0 Safari/537.36";
        let linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";
        let google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for (user_agent, device, bot) in [
            (iphone, Device::Mobile, false),
            (pixel, Device::Mobile, false),
            (tab, Device::Tablet, false),
            (linux, Device::Desktop, false),
            (google, Device::Desktop, true),
            ("", Device::Desktop, true),
        ] {
            let client = Client::new(user_agent, "de-CH;q=0.9,en", "", "");
            assert_eq!((client.device, client.bot), (device, bot), "{user_agent}");
            assert_eq!(client.language, "de-ch");
        }
        assert_eq!(Client::new(linux, "<script>", "1", "").language, "");
        assert!(Client::new(linux, "", "1", "").privacy_signal);
        assert!(Client::new(linux, "", "", "1").privacy_signal);
        assert!(!Client::new(linux, "", "0", "").privacy_signal);
    }
}
