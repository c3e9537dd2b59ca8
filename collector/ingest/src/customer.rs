//! Who a customer is: what the company's own systems call them, vouched for by the company's server.
//!
//! The page says `rapport('identify', id, traits, signature)`; the signature is HMAC-SHA-256 of the id, in hexadecimal, with
//! the secret that `rapport site secret SITE identity` prints. Without it nothing of the id is sent. A wrong one opens
//! nothing and loses nothing: what came with it is stored as of nobody known, and the Install page counts it.

use crate::derived::derived;
use crate::signature;
use rapport_shared::id::Id;
use rapport_shared::limit::CUSTOMER_CHARACTERS;
use rapport_shared::survey::Fault;
use rapport_store::customer::rule::{OWN_ID, is_own};
use rapport_store::record::Refusal;
use rapport_store::site::directory::SiteContext;
use rapport_store::site::outcome::ItemKind;
use rapport_store::site::secrets::Purpose;

/// A customer whom the company's server signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Their id here; it follows from the site and [`Self::external_id`].
    pub id: Id,
    /// What the company's own systems call them.
    pub external_id: String,
}

/// The customer that a page names; `None` when it names none.
///
/// # Errors
/// The field at fault, and why nobody is believed to be that customer.
pub fn signed(site: &SiteContext, customer: &str, signed: &str) -> Result<Option<Signed>, Fault> {
    if customer.is_empty() && signed.is_empty() {
        return Ok(None);
    }
    if !(1..=CUSTOMER_CHARACTERS).contains(&customer.chars().count()) || customer.chars().any(char::is_control) {
        let reason = format!("must be 1 to {CUSTOMER_CHARACTERS} characters, without control characters");
        return Err(Fault::new("customer", reason));
    }
    if is_own(customer) {
        return Err(Fault::new("customer", format!("must not begin with {OWN_ID}")));
    }
    if signed.is_empty() {
        return Err(Fault::new("customer_signature", "is missing"));
    }
    let is_signed = |secret: &[u8]| signature::is_valid(signature::readable(secret).as_bytes(), customer, signed);
    if !site.secrets.believed(Purpose::Identity).any(is_signed) {
        return Err(Fault::new("customer_signature", "is not that of this customer with the site's identity secret"));
    }
    Ok(Some(named(site, customer)))
}

/// The customer of that name; whoever asks has seen to it that the name is theirs.
pub fn named(site: &SiteContext, customer: &str) -> Signed {
    let id = derived(&[&site.site.site_id.0, b"customer", customer.as_bytes()]);
    Signed { id, external_id: customer.to_owned() }
}

/// How a customer who was not believed is counted.
pub fn refusal(fault: &Fault) -> Refusal {
    Refusal { item_kind: ItemKind::Customer, field: fault.field.clone(), reason: fault.reason.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::site::secrets::SiteSecrets;
    use rapport_store::test_store::a_site;

    #[test]
    fn only_the_companys_server_names_a_customer() {
        let secrets = |byte: u8| SiteSecrets { identity: vec![byte; 32], ..SiteSecrets::default() };
        let site = SiteContext::new(a_site("shop"), vec![], secrets(1));
        let sign = |byte: u8, customer: &str| signature::sign(signature::readable(&[byte; 32]).as_bytes(), customer);
        let long = "x".repeat(CUSTOMER_CHARACTERS + 1);
        for (customer, signature, at) in [
            ("4711", sign(1, "4711"), Ok(true)),
            ("4711", sign(1, "4711").to_uppercase(), Ok(true)),
            ("Zoë 北", sign(1, "Zoë 北"), Ok(true)),
            ("", String::new(), Ok(false)),
            ("4711", String::new(), Err("customer_signature")),
            ("4712", sign(1, "4711"), Err("customer_signature")),
            ("4711", sign(2, "4711"), Err("customer_signature")),
            ("4711", "made up".into(), Err("customer_signature")),
            ("", sign(1, ""), Err("customer")),
            ("4711\n", sign(1, "4711\n"), Err("customer")),
            (&long, sign(1, &long), Err("customer")),
            ("rapport:4711", sign(1, "rapport:4711"), Err("customer")),
        ] {
            let found = signed(&site, customer, &signature);
            let found = found.as_ref().map(Option::is_some).map_err(|fault| fault.field.as_str());
            assert_eq!(found, at, "{customer} {signature}");
        }
        let id = |customer: &str| signed(&site, customer, &sign(1, customer)).unwrap().unwrap().id;
        assert_eq!(id("4711"), id("4711"));
        assert_ne!(id("4711"), id("4712"));
    }
}
