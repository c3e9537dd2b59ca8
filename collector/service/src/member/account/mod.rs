//! People and servers: who may see a site, how they prove who they are.
//!
//! A person has one account and is a member of sites, each with a role. Signing in makes a session kept on the server;
//! the browser holds a random token, the database its hash. A server has a key of one site, with scopes.

pub mod access;
mod attempts;
mod form;
#[cfg(test)]
mod http_test;
pub mod link;
pub mod password;
pub mod same_origin;
mod session;
mod sign_in;
pub mod token;

pub use access::{Access, Members, SignedIn};
pub use attempts::{Attempts, Door};
pub(crate) use form::Submitted;
pub use sign_in::routes;

/// The form in which an address identifies an account, or why it cannot be one.
///
/// # Errors
/// What is wrong with it, in plain words.
pub fn normalize_email(text: &str) -> Result<String, String> {
    let email = text.trim().to_lowercase();
    let fits = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@') && email.len() <= 254);
    if fits && !email.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        Ok(email)
    } else {
        Err(format!("\"{text}\" is not a mail address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_has_one_form() {
        assert_eq!(normalize_email(" Ada@Example.COM "), Ok("ada@example.com".into()));
        for text in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c.d", "a@b\n.c"] {
            assert!(normalize_email(text).is_err(), "{text:?}");
        }
    }
}
