//! Who a visitor is without a cookie: a hash with a salt that lives one day.

use rapport_shared::id::Id;
use rapport_store::{Store, StoreError};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Days begin on quarters of an hour all over the world.
const QUARTER_MS: i64 = 15 * 60_000;

/// The salts of the days that are today on some site, each read from the store once in a quarter of an hour.
#[derive(Default)]
pub struct VisitorKeys {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Quarters of an hour since 1970.
    quarter: i64,
    by_day: BTreeMap<i64, [u8; 16]>,
}

impl VisitorKeys {
    /// The salt of a day (days since 1970, in the zone of the site that asks), so that a visitor is one as long as the site's
    /// day lasts. All collectors on one database share it. What is older than `oldest_day`, the earliest day that is today on
    /// some site, is destroyed.
    pub async fn salt(
        &self,
        store: &Store,
        day: i64,
        oldest_day: impl Fn() -> i64,
        now_ms: i64,
    ) -> Result<[u8; 16], StoreError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let quarter = now_ms.div_euclid(QUARTER_MS);
        let found = { known().of(quarter).get(&day).copied() };
        if let Some(salt) = found {
            return Ok(salt);
        }
        let salt = store.daily_salt(day, oldest_day().min(day), rapport_store::random::fresh()).await?;
        known().of(quarter).insert(day, salt);
        Ok(salt)
    }
}

impl Known {
    /// What was read in a quarter of an hour; what was known before may have been destroyed since.
    fn of(&mut self, quarter: i64) -> &mut BTreeMap<i64, [u8; 16]> {
        if self.quarter != quarter {
            *self = Self { quarter, by_day: BTreeMap::new() };
        }
        &mut self.by_day
    }
}

/// How much of the net a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Breadth {
    /// An IPv4 address, or the /64 of an IPv6 address.
    Customer,
    /// The /56 of an IPv6 address: what providers give a home or a small company (RFC 6177).
    Premises,
    /// The /48 of an IPv6 address: the most that they give one site.
    Organization,
}

/// The network that an address is of, as far as one customer of a provider has it to themselves: an IPv4 address itself,
/// the /64 of an IPv6 address. Whoever is there may call themselves what they like.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => prefix(address, 64),
        address => address,
    }
}

/// The first bits of an address, the others zero.
fn prefix(address: Ipv6Addr, bits: u32) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits))))
}

/// The keys of the networks that an address is in, the narrowest first.
pub fn network_keys(salt: [u8; 16], site_id: &Id, address: IpAddr) -> Vec<(Breadth, Id)> {
    let mut keys = vec![(Breadth::Customer, network_key(salt, site_id, address))];
    if let IpAddr::V6(address) = address.to_canonical() {
        keys.extend([(Breadth::Premises, 56_u32), (Breadth::Organization, 48)].map(|(breadth, bits)| {
            let hash = Sha256::new().chain_update(site_id.0).chain_update(b"wider network").chain_update(salt);
            let mut hash = hash.chain_update(bits.to_be_bytes());
            hash_address(&mut hash, prefix(address, bits));
            (breadth, first_bytes(&hash.finalize()))
        }));
    }
    keys
}

/// The key of a network at a site, under the salt: all who share it, whatever browser they say they have.
pub fn network_key(salt: [u8; 16], site_id: &Id, address: IpAddr) -> Id {
    let mut hash = Sha256::new();
    hash.update(site_id.0);
    hash.update(b"network");
    hash.update(salt);
    hash_address(&mut hash, network(address));
    first_bytes(&hash.finalize())
}

/// The key of a visitor at a site: of the consented visitor id, or else of address and user agent under the salt.
pub fn key(salt: [u8; 16], site_id: &Id, visitor: Option<Id>, address: IpAddr, user_agent: &str) -> Id {
    let mut hash = Sha256::new();
    hash.update(site_id.0);
    match visitor {
        Some(visitor) => {
            hash.update(b"visitor");
            hash.update(visitor.0);
        }
        None => {
            hash.update(b"address");
            hash.update(salt);
            hash_address(&mut hash, address);
            hash.update(user_agent.as_bytes());
        }
    }
    first_bytes(&hash.finalize())
}

fn hash_address(hash: &mut Sha256, address: IpAddr) {
    match address.to_canonical() {
        IpAddr::V4(address) => hash.update(address.octets()),
        IpAddr::V6(address) => hash.update(address.octets()),
    }
}

fn first_bytes(digest: &[u8]) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ipv6_is_in_wider_networks_too() -> Result<(), std::net::AddrParseError> {
        let keys = |text: &str| text.parse().map(|address| network_keys([7; 16], &Id([1; 16]), address));
        let same = |one: &str, other: &str| -> Result<Vec<Breadth>, std::net::AddrParseError> {
            Ok(keys(one)?
                .into_iter()
                .zip(keys(other)?)
                .filter(|(one, other)| one == other)
                .map(|(one, _)| one.0)
                .collect())
        };
        let all = vec![Breadth::Customer, Breadth::Premises, Breadth::Organization];
        assert_eq!(same("2001:db8:1:200::1", "2001:db8:1:200:7::")?, all);
        assert_eq!(same("2001:db8:1:200::1", "2001:db8:1:2ff::1")?, all[1..]);
        assert_eq!(same("2001:db8:1:200::1", "2001:db8:1:300::1")?, all[2..]);
        assert_eq!(same("2001:db8:1:200::1", "2001:db8:2:200::1")?, []);
        assert_eq!(keys("192.0.2.1")?.len(), 1);
        assert_eq!(keys("192.0.2.1")?, keys("::ffff:192.0.2.1")?);
        Ok(())
    }

    #[test]
    fn a_network_has_one_key_whatever_its_addresses() -> Result<(), std::net::AddrParseError> {
        let site = Id([1; 16]);
        let key = |text: &str| text.parse().map(|address| network_key([7; 16], &site, address));
        assert_eq!(key("2001:db8::1")?, key("2001:db8::2:3:4:5")?);
        assert_ne!(key("2001:db8::1")?, key("2001:db8:0:1::1")?);
        assert_eq!(key("192.0.2.1")?, key("::ffff:192.0.2.1")?);
        assert_ne!(key("192.0.2.1")?, key("192.0.2.2")?);
        assert_ne!(network_key([7; 16], &Id([2; 16]), "192.0.2.1".parse()?), key("192.0.2.1")?, "another site");
        assert_ne!(network_key([8; 16], &site, "192.0.2.1".parse()?), key("192.0.2.1")?, "another day");
        Ok(())
    }
}
