//! A small database of countries in the format of MaxMind (MMDB 2.0), for the demo and for tests: all published ones have licences of
//! their own, or are large.
//!
//! Format: <https://maxmind.github.io/MaxMind-DB/>: a binary tree over the bits of an address, then the records that it leads to, then
//! what it says of itself.

use std::net::IpAddr;
use std::str::FromStr;

/// The end of the records, and the beginning of what a database says of itself.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// Zeros between the tree and the records.
const SEPARATOR_BYTES: usize = 16;
/// Bits of an address; those of IPv4 stand in the last 32.
const BITS: u32 = 128;

/// A network, such as `192.0.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    length: u32,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("{text} is no network such as 192.0.2.0/24");
        let (address, length) = text.split_once('/').ok_or_else(fault)?;
        let length: u32 = length.parse().map_err(|_| fault())?;
        let (bits, before, most) = match address.parse().map_err(|_| fault())? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), BITS - 32, 32),
            IpAddr::V6(address) => (address.to_bits(), 0, BITS),
        };
        if length > most { Err(fault()) } else { Ok(Self { bits, length: before + length }) }
    }
}

/// Where a branch of the tree leads.
#[derive(Clone, Copy)]
enum Branch {
    Nowhere,
    Node(usize),
    /// To the record that begins there, in bytes.
    Record(usize),
}

/// The database of these networks, none of which may be part of another, with the two letters of their countries.
pub fn database(networks: &[(Network, &str)]) -> Vec<u8> {
    let (mut nodes, mut records) = (vec![[Branch::Nowhere; 2]], Vec::new());
    for (network, code) in networks {
        let record = Branch::Record(records.len());
        map(&mut records, 1);
        text(&mut records, "country");
        map(&mut records, 1);
        text(&mut records, "iso_code");
        text(&mut records, code);
        insert(&mut nodes, *network, record);
    }
    let mut bytes = Vec::new();
    for branch in nodes.iter().flatten() {
        let place = match branch {
            Branch::Nowhere => nodes.len(),
            Branch::Node(node) => *node,
            Branch::Record(at) => nodes.len() + SEPARATOR_BYTES + at,
        };
        bytes.extend_from_slice(&(place as u32).to_be_bytes());
    }
    bytes.extend_from_slice(&[0; SEPARATOR_BYTES]);
    bytes.append(&mut records);
    bytes.extend_from_slice(MARKER);
    describe(&mut bytes, nodes.len() as u32);
    bytes
}

fn insert(nodes: &mut Vec<[Branch; 2]>, network: Network, record: Branch) {
    let mut node = 0;
    for depth in 0..network.length {
        let bit = usize::from(network.bits >> (BITS - 1 - depth) & 1 == 1);
        if depth + 1 == network.length {
            nodes[node][bit] = record;
            return;
        }
        node = match nodes[node][bit] {
            Branch::Node(next) => next,
            Branch::Nowhere | Branch::Record(_) => {
                nodes.push([Branch::Nowhere; 2]);
                let next = nodes.len() - 1;
                nodes[node][bit] = Branch::Node(next);
                next
            }
        };
    }
}

/// What the database says of itself: records of 32 bits, addresses of both kinds.
fn describe(bytes: &mut Vec<u8>, nodes: u32) {
    map(bytes, 9);
    for (name, number) in
        [("binary_format_major_version", 2), ("binary_format_minor_version", 0), ("ip_version", 6), ("record_size", 32)]
    {
        text(bytes, name);
        bytes.extend_from_slice(&[0xa2, 0, number]);
    }
    text(bytes, "node_count");
    bytes.push(0xc4);
    bytes.extend_from_slice(&nodes.to_be_bytes());
    // A list of 32-bit numbers would be type 11, a number of 64 bits type 9: these types stand in a byte of their own, less 7.
    text(bytes, "build_epoch");
    bytes.extend_from_slice(&[1, 2, 1]);
    text(bytes, "database_type");
    text(bytes, "Rapport-Sample-Country");
    text(bytes, "languages");
    bytes.extend_from_slice(&[0, 4]);
    text(bytes, "description");
    map(bytes, 0);
}

/// A map of so many pairs, which follow.
fn map(bytes: &mut Vec<u8>, pairs: u8) {
    bytes.push(7 << 5 | pairs);
}

/// A text of fewer than 29 bytes: longer ones would say their length elsewhere.
fn text(bytes: &mut Vec<u8>, text: &str) {
    let length = text.len().min(28);
    bytes.push(2 << 5 | length as u8);
    bytes.extend_from_slice(&text.as_bytes()[..length]);
}
