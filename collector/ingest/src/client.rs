//! What the headers tell of a client: device class, bot, language, privacy signal.

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
            bot: is_bot(user_agent),
            language: tidy(accept_language.split([',', ';']).next().unwrap_or_default()).to_ascii_lowercase(),
            privacy_signal: sec_gpc.trim() == "1" || dnt.trim() == "1",
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
