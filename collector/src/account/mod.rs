//! People and servers: who may see a site, how they prove who they are.
//!
//! A person has one account and is a member of sites, each with a role. Signing in makes a session kept on the server;
//! the browser holds a random token, the database its hash. A server has a key of one site, with scopes.

pub mod access;
mod attempts;
mod form;
#[cfg(test)]
mod http_test;
pub mod key;
pub mod link;
pub mod password;
pub mod same_origin;
mod session;
mod sign_in;
pub mod token;

pub use access::{Access, SignedIn};
pub use attempts::Attempts;
pub(crate) use form::Submitted;
pub use key::{ApiAccess, Scope};
pub use sign_in::routes;

use std::fmt;
use std::str::FromStr;

/// What a member may do on a site. Later ones may all that earlier ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Read everything.
    Viewer,
    /// Also answer customers.
    Support,
    /// Also change surveys and settings.
    Editor,
    /// Also decide who is a member.
    Owner,
}

impl Role {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Viewer, Self::Support, Self::Editor, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("there is no role {text}"))
    }
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
    fn roles_are_ordered_and_named() {
        assert!(Role::Owner > Role::Editor && Role::Editor > Role::Support && Role::Support > Role::Viewer);
        for role in [Role::Viewer, Role::Support, Role::Editor, Role::Owner] {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!("admin".parse::<Role>().is_err());
    }

    #[test]
    fn a_mail_address_has_one_form() {
        assert_eq!(normalize_email(" Ada@Example.COM "), Ok("ada@example.com".into()));
        for text in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c.d", "a@b\n.c"] {
            assert!(normalize_email(text).is_err(), "{text:?}");
        }
    }
}
