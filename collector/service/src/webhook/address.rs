//! Which addresses of the network may be told something: those of everybody, and those that the operator allows. Names are looked up
//! here, and what was looked at is what is connected to, so that a name which leads elsewhere a moment later leads nowhere.

use crate::config::Network;
use axum::http::Uri;
use rapport_store::webhook::URL_BYTES;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(test)]
use std::sync::{Arc, Mutex};

/// Networks that are nobody's to reach from outside, or not everybody's: IANA's special-purpose registry of IPv4 (RFC 6890), and the
/// address under which Azure's machines ask for their secrets.
const NOT_PUBLIC: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Several at once (224/4), and what has no use yet (240/4), broadcast among it.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Where a webhook or a chat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The whole address.
    pub uri: Uri,
    /// Its host, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is `https`.
    pub is_secure: bool,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, as the reason of a field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("must be an address such as https://example.com/hook, of at most {URL_BYTES} bytes");
        let uri: Uri = Some(text.trim())
            .filter(|text| text.len() <= URL_BYTES)
            .and_then(|text| text.parse().ok())
            .ok_or_else(wrong)?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("must have no user or password in it".to_owned());
        }
        let host = uri.host().map(|host| host.trim_matches(['[', ']']).to_owned()).filter(|host| !host.is_empty());
        let host = host.ok_or_else(wrong)?;
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        if port == 0 {
            return Err(wrong());
        }
        Ok(Self { uri, host, port, is_secure })
    }
}

/// Whether anybody may be reached there: an address of the internet, not of a network inside.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(embedded) => is_public_v4(embedded),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, length): &(Ipv4Addr, u8)| {
        let mask = u32::MAX << (32 - u32::from(*length));
        address.to_bits() & mask == network.to_bits()
    };
    !NOT_PUBLIC.iter().any(is_in)
}

/// The IPv4 address that one of IPv6 leads to: mapped (`::ffff:10.0.0.1`) or translated (RFC 6052, `64:ff9b::10.0.0.1`).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let is_translated = parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    address
        .to_ipv4_mapped()
        .or_else(|| is_translated.then(|| Ipv4Addr::from_bits(u32::from(parts[6]) << 16 | u32::from(parts[7]))))
}

/// Of IPv6 only what is given to everybody (2000::/3) is anybody's, without what leads to IPv4 by other ways (2001::/23 with Teredo,
/// 2002::/16) and what stands in documents (2001:db8::/32, 3fff::/20).
fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let is_given = parts[0] & 0xe000 == 0x2000;
    let is_special = parts[0] == 0x2001 && (parts[1] < 0x200 || parts[1] == 0x0db8)
        || parts[0] == 0x2002
        || parts[0] == 0x3fff && parts[1] < 0x1000;
    is_given && !is_special
}

/// What names lead to.
#[derive(Clone, Default)]
pub enum Resolver {
    /// What the system says.
    #[default]
    System,
    /// For tests: one answer after the other, the last again and again.
    #[cfg(test)]
    Told(Arc<Mutex<Vec<Vec<IpAddr>>>>),
}

impl Resolver {
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((host, port)).await?.collect()),
            #[cfg(test)]
            Self::Told(answers) => {
                let mut answers = answers.lock().expect("nobody panicked");
                let now = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
                Ok(now.into_iter().map(|address| SocketAddr::new(address, port)).collect())
            }
        }
    }
}

/// Which addresses may be reached.
#[derive(Clone, Default)]
pub struct Reach {
    /// Networks inside that the operator allows.
    pub allowed: Vec<Network>,
    /// What names lead to.
    pub resolver: Resolver,
}

impl Reach {
    fn is_allowed(&self, address: IpAddr) -> bool {
        // What an address of IPv6 leads to counts.
        let leads_to = match address {
            IpAddr::V6(address) => embedded(address).map_or(IpAddr::V6(address), IpAddr::V4),
            address => address,
        };
        self.allowed.iter().any(|network| network.contains(leads_to))
    }

    /// Why nothing may be sent to an address of the network; `None` where it may.
    fn refusal(&self, address: IpAddr, is_secure: bool) -> Option<&'static str> {
        match (self.is_allowed(address), is_public(address)) {
            (true, _) => None,
            (false, false) => {
                Some("it leads into a private network, which the settings do not allow (webhook_networks)")
            }
            (false, true) if !is_secure => Some("it has no TLS: it must begin with https://"),
            (false, true) => None,
        }
    }

    /// Looks through an address before it is kept: what can be said of it without asking for its name.
    ///
    /// # Errors
    /// What is wrong with it, as the reason of a field.
    pub fn check(&self, text: &str) -> Result<Target, String> {
        let target = Target::parse(text)?;
        if let Ok(address) = target.host.parse::<IpAddr>() {
            return match self.refusal(address, target.is_secure) {
                Some(reason) => Err(format!("cannot be used: {reason}")),
                None => Ok(target),
            };
        }
        if !target.is_secure && self.allowed.is_empty() {
            return Err("must begin with https://".to_owned());
        }
        Ok(target)
    }

    /// Where a target is now: every address of it that may be connected to. Where one of them may not, none may.
    ///
    /// # Errors
    /// Why it cannot be reached, in words.
    pub async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, String> {
        let found = match target.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, target.port)],
            Err(_) => {
                let found = self.resolver.addresses(&target.host, target.port).await;
                found.map_err(|_| "its name leads nowhere".to_owned())?
            }
        };
        if found.is_empty() {
            return Err("its name leads nowhere".to_owned());
        }
        match found.iter().find_map(|address| self.refusal(address.ip(), target.is_secure)) {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_was_taken_for_one_of_everybody() {
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "9.255.255.255",
            "100.63.0.1",
            "128.0.0.1",
            "168.63.129.17",
            "172.32.0.1",
            "193.168.1.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "2003::1",
            "3ffe::1",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        let strict = Reach::default();
        for (text, reason) in [
            ("", "such as https://example.com/hook"),
            ("example.com/hook", "such as"),
            ("ftp://example.com/", "such as"),
            ("https://", "such as"),
            ("https:///hook", "such as"),
            ("https://example.com:0/", "such as"),
            ("https://ada:secret@example.com/", "no user or password"),
            ("http://example.com/", "https://"),
            ("https://127.0.0.1/", "webhook_networks"),
            ("https://[::1]:8443/x", "webhook_networks"),
            ("https://[::ffff:192.168.0.1]/", "webhook_networks"),
        ] {
            let found = strict.check(text).expect_err(text);
            assert!(found.contains(reason), "{text}: {found}");
        }
        let long = format!("https://example.com/{}", "x".repeat(URL_BYTES));
        assert!(strict.check(&long).unwrap_err().contains("2000"));
        let target = strict.check(" https://example.com/hook?x=1 ").unwrap();
        assert_eq!((target.host.as_str(), target.port, target.is_secure), ("example.com", 443, true));
        let inside = Reach { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Reach::default() };
        for fine in ["http://127.0.0.1:9/", "http://[::ffff:127.0.0.1]:9/", "http://hook.internal/"] {
            assert!(inside.check(fine).is_ok(), "{fine}");
        }
        for refused in ["http://10.0.0.1/", "http://1.1.1.1/"] {
            assert!(inside.check(refused).is_err(), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_name_led_into_a_private_network_beside_a_public_one() {
        let told = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            Reach { resolver: Resolver::Told(Arc::new(Mutex::new(vec![addresses]))), ..Reach::default() }
        };
        let target = Target::parse("https://hook.example.com/").unwrap();
        assert_eq!(told(&["1.1.1.1"]).addresses(&target).await, Ok(vec!["1.1.1.1:443".parse().unwrap()]));
        for addresses in [&["10.0.0.1"][..], &["1.1.1.1", "169.254.169.254"], &["::ffff:127.0.0.1"], &["fd00::1"]] {
            let refused = told(addresses).addresses(&target).await.expect_err("it is inside");
            assert!(refused.contains("private network"), "{refused}");
        }
        assert!(told(&[]).addresses(&target).await.unwrap_err().contains("nowhere"));
        let plain = Target::parse("http://hook.example.com/").unwrap();
        assert!(told(&["1.1.1.1"]).addresses(&plain).await.unwrap_err().contains("TLS"));
    }
}
