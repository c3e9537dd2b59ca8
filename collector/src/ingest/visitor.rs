//! Who a visitor is without a cookie: a hash with a salt that lives one day.

use super::rate::network;
use crate::store::{Store, StoreError};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Milliseconds of a UTC day.
const DAY_MS: i64 = 86_400_000;

/// The salt of the day, read from the store once a day.
#[derive(Default)]
pub struct VisitorKeys {
    today: Mutex<Option<(i64, [u8; 16])>>,
}

impl VisitorKeys {
    /// The salt of the UTC day of `now_ms`. All collectors on one database share it; older ones are destroyed.
    pub async fn salt(&self, store: &Store, now_ms: i64) -> Result<[u8; 16], StoreError> {
        let day = now_ms.div_euclid(DAY_MS);
        let known = *self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, salt)) = known.filter(|(known_day, _)| *known_day == day) {
            return Ok(salt);
        }
        let salt = store.daily_salt(day, rand::random()).await?;
        *self.today.lock().unwrap_or_else(PoisonError::into_inner) = Some((day, salt));
        Ok(salt)
    }
}

/// The key of a client's network at a site, whatever the client says of itself: of an IPv4 address, or of the /64 of an IPv6
/// address, under the salt.
pub fn network_key(salt: [u8; 16], site_id: &Id, address: IpAddr) -> Id {
    let mut hash = Sha256::new();
    hash.update(site_id.0);
    hash.update(b"network");
    hash.update(salt);
    hash_address(&mut hash, network(address));
    id_of(hash)
}

fn hash_address(hash: &mut Sha256, address: IpAddr) {
    match address.to_canonical() {
        IpAddr::V4(address) => hash.update(address.octets()),
        IpAddr::V6(address) => hash.update(address.octets()),
    }
}

fn id_of(hash: Sha256) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Id(bytes)
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
    id_of(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_or_the_64_bits_of_one_and_lasts_a_day() {
        let of = |site: u8, salt: u8, address: &str| {
            network_key([salt; 16], &Id([site; 16]), address.parse().expect("an address"))
        };
        assert_eq!(of(1, 1, "2001:db8::1"), of(1, 1, "2001:db8::2:1"));
        assert_eq!(of(1, 1, "192.0.2.1"), of(1, 1, "::ffff:192.0.2.1"));
        for other in [of(1, 1, "192.0.2.2"), of(2, 1, "192.0.2.1"), of(1, 2, "192.0.2.1"), of(1, 1, "2001:db8::1")] {
            assert_ne!(of(1, 1, "192.0.2.1"), other);
        }
    }
}
