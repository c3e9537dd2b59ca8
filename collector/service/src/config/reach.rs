//! Which addresses of the settings lead nowhere but on this machine, and what to set so that they lead further.

use super::Config;
use axum::http::Uri;
use std::net::IpAddr;

/// An address of the settings that people or pages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The collector's own: dashboards, links for members, the interface of servers.
    Collector,
    /// Where pages find the script, and what they link to.
    Script,
}

/// Why an address is of no use elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlyHere {
    /// The address.
    pub address: String,
    /// The setting that says another, with an example.
    pub setting: &'static str,
}

impl OnlyHere {
    /// What is wrong, and what mends it, as a sentence without its end.
    pub fn reason(&self) -> String {
        format!(
            "{} is reached from this machine alone: say where people and pages find the collector, as `{}` in rapport.toml",
            self.address, self.setting
        )
    }
}

impl Config {
    /// Those of these addresses that nobody can open elsewhere, each once.
    pub fn only_here(&self, addresses: &[Address]) -> Vec<OnlyHere> {
        let mut found = Vec::new();
        for address in addresses {
            let (address, setting) = match address {
                Address::Script if !self.script_url.is_empty() => {
                    (self.script().origin, "script_url = \"https://feedback.example.com/rapport.js\"")
                }
                Address::Script | Address::Collector => {
                    (self.base_url(), "public_url = \"https://feedback.example.com\"")
                }
            };
            let only_here = OnlyHere { address, setting };
            if is_only_here(&only_here.address) && !found.contains(&only_here) {
                found.push(only_here);
            }
        }
        found
    }
}

/// Whether the host of an address is this machine: a loopback address, the one of every interface, or a name of them
/// (RFC 6761, 6.3).
fn is_only_here(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback() || ip.to_canonical().is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_was_taken_for_this_machine_by_how_its_name_begins() {
        for (address, expected) in [
            ("http://127.0.0.1:8080", true),
            ("http://127.8.9.1", true),
            ("http://localhost:8080", true),
            ("http://LocalHost.", true),
            ("http://shop.localhost", true),
            ("http://[::1]:8080", true),
            ("http://[::]:8080", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://0.0.0.0:8080", true),
            ("https://127.example.com", false),
            ("https://localhost.example", false),
            ("https://notlocalhost", false),
            ("http://192.168.1.7:8080", false),
            ("https://feedback.example.com", false),
        ] {
            assert_eq!(is_only_here(address), expected, "{address}");
        }
    }

    #[test]
    fn the_setting_that_was_named_was_not_the_one_at_fault() {
        let of = |public_url: &str, script_url: &str, addresses: &[Address]| {
            let config = Config { public_url: public_url.into(), script_url: script_url.into(), ..Config::default() };
            let found = config.only_here(addresses);
            found.into_iter().map(|found| found.setting.split(' ').next().unwrap_or_default()).collect::<Vec<_>>()
        };
        let both = [Address::Script, Address::Collector];
        let (public, script) = ("https://feedback.example.com", "https://www.example.com/v.js");
        let here = "http://127.0.0.1:8080/v.js";
        assert_eq!(of("", "", &both), ["public_url"], "told once");
        assert_eq!(of(public, "", &both), [""; 0]);
        assert_eq!(of("", script, &both), ["public_url"]);
        assert_eq!(of("", script, &[Address::Script]), [""; 0]);
        assert_eq!(of(public, here, &both), ["script_url"]);
        assert_eq!(of("", here, &both), ["script_url", "public_url"]);
    }
}
