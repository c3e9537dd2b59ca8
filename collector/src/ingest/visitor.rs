//! Who a visitor is without a cookie: a hash with a salt that lives one day.

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
            match address.to_canonical() {
                IpAddr::V4(address) => hash.update(address.octets()),
                IpAddr::V6(address) => hash.update(address.octets()),
            }
            hash.update(user_agent.as_bytes());
        }
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id(bytes)
}
