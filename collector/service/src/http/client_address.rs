//! Who is calling: the peer, or behind trusted proxies the address they saw.

use crate::config::Network;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the client: the peer itself, or, as long as the hop before is a trusted proxy, the next one from the
/// right of `X-Forwarded-For`. What stands left of the first untrusted address was written by the client and is not
/// believed.
pub fn client_address(peer: IpAddr, forwarded_for: &[&str], trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let hops = forwarded_for.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        match parse_hop(hop.trim()) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
    }
    client
}

/// Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// The client's address of a request with these headers and extensions. Without a socket (in tests) the peer is 127.0.0.1.
pub fn of_parts(headers: &HeaderMap, extensions: &Extensions, trusted: &[Network]) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    client_address(peer, &lines, trusted)
}

/// The client's address of a request.
pub fn of_request(request: &Request, trusted: &[Network]) -> IpAddr {
    of_parts(request.headers(), request.extensions(), trusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_header_changes_nothing_and_a_proxys_word_counts() -> Result<(), Box<dyn std::error::Error>> {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse()?, "::1".parse()?];
        for (peer, forwarded_for, expected) in [
            ("203.0.113.9", vec![], "203.0.113.9"),
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", vec!["1.1.1.1", "198.51.100.1:5000"], "198.51.100.1"),
            ("10.0.0.1", vec!["[2001:db8::7]:443"], "2001:db8::7"),
            ("10.0.0.1", vec!["unknown"], "10.0.0.1"),
            ("10.0.0.1", vec![""], "10.0.0.1"),
            ("::1", vec!["10.1.1.1"], "10.1.1.1"),
        ] {
            assert_eq!(
                client_address(peer.parse()?, &forwarded_for, &trusted),
                expected.parse::<IpAddr>()?,
                "{peer} {forwarded_for:?}"
            );
        }
        Ok(())
    }
}
