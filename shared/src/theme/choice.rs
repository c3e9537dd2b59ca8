//! What a theme chooses from: how close things stand, where the launcher is, in the light or in the dark.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// How close things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Density {
    /// Close together; targets stay at least 24 CSS pixels.
    Compact,
    /// As usual.
    #[default]
    Comfortable,
    /// With more room.
    Spacious,
}

impl Density {
    /// Every density.
    pub const EACH: [Self; 3] = [Self::Compact, Self::Comfortable, Self::Spacious];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Comfortable => "comfortable",
            Self::Spacious => "spacious",
        }
    }
}

/// Where the launcher is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Position {
    /// The lower right corner.
    #[default]
    BottomRight,
    /// The lower left corner.
    BottomLeft,
    /// The upper right corner.
    TopRight,
    /// The upper left corner.
    TopLeft,
    /// The middle of the right edge.
    Right,
    /// The middle of the left edge.
    Left,
}

impl Position {
    /// Every position.
    pub const EACH: [Self; 6] =
        [Self::BottomRight, Self::BottomLeft, Self::TopRight, Self::TopLeft, Self::Right, Self::Left];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BottomRight => "bottom-right",
            Self::BottomLeft => "bottom-left",
            Self::TopRight => "top-right",
            Self::TopLeft => "top-left",
            Self::Right => "right",
            Self::Left => "left",
        }
    }
}

/// Whether the launcher gives way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Launcher {
    /// It stands where it stands.
    #[default]
    Stays,
    /// It looks for a corner where it covers no control of the page, and goes while a phone scrolls.
    Yields,
}

impl Launcher {
    /// Both.
    pub const EACH: [Self; 2] = [Self::Stays, Self::Yields];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stays => "stays",
            Self::Yields => "yields",
        }
    }
}

/// In the light or in the dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Scheme {
    /// As the page is where it stands; what has a page of its own, as the visitor's system is.
    #[default]
    Auto,
    /// Always in the light.
    Light,
    /// Always in the dark.
    Dark,
}

impl Scheme {
    /// Every scheme.
    pub const EACH: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_them_by_their_names() {
        for density in Density::EACH {
            assert_eq!(serde_json::to_value(density).unwrap(), density.as_str());
        }
        for position in Position::EACH {
            assert_eq!(serde_json::to_value(position).unwrap(), position.as_str());
        }
        for launcher in Launcher::EACH {
            assert_eq!(serde_json::to_value(launcher).unwrap(), launcher.as_str());
        }
        for scheme in Scheme::EACH {
            assert_eq!(serde_json::to_value(scheme).unwrap(), scheme.as_str());
        }
    }
}
