//! What a member may do on a site.

use std::fmt;
use std::str::FromStr;

/// What a member may do on a site. Later ones may all that earlier ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Every role, the least first.
    pub const EACH: [Self; 4] = [Self::Viewer, Self::Support, Self::Editor, Self::Owner];

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
        Self::EACH.into_iter().find(|role| role.as_str() == text).ok_or_else(|| format!("there is no role {text}"))
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
}
