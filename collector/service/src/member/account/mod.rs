//! People and servers: who may see a site, how they prove who they are.
//!
//! A person has one account and is a member of sites, each with a role. Signing in makes a session kept on the server;
//! the browser holds a random token, the database its hash. A server has a key of one site, with scopes.

pub mod access;
mod attempts;
mod browser;
mod code;
mod forgotten;
mod form;
#[cfg(test)]
mod http_test;
mod invitation;
#[cfg(test)]
mod letting_in_test;
pub mod link;
mod mine;
pub mod password;
pub mod same_origin;
mod second_factor;
#[cfg(test)]
mod second_factor_test;
mod session;
mod sign_in;
pub mod token;

pub use access::{Access, Members, SignedIn};
pub use attempts::{Attempts, Door};
pub(crate) use forgotten::reset_address;
pub(crate) use form::Submitted;
pub(crate) use invitation::address as invitation_address;
pub(crate) use sign_in::FirstSession;

use crate::app::App;
use crate::config::Config;
use axum::Router;
use axum::http::HeaderMap;

/// The hash of the token of the session that a browser sent.
pub(crate) fn browser_token(config: &Config, headers: &HeaderMap) -> Option<Vec<u8>> {
    session::token(config, headers).map(|secret| token::hash(&secret))
}

/// Routes of signing in, and of what a person looks after alone: password, codes, browsers.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(sign_in::routes())
        .merge(second_factor::routes())
        .merge(forgotten::routes())
        .merge(invitation::routes())
        .merge(mine::routes())
}

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
