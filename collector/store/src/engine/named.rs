//! Enums that are kept by their names: one macro for all, so that each is written, read and listed alike.

/// Makes an enum of values with the names by which the database and the API know them, and what people read where they read it.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $value:ident: $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of])* $value),* }

        impl $name {
            /// Every value, in order.
            pub const EACH: &'static [Self] = &[$(Self::$value),*];

            /// The name in the database, in addresses and in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text),* }
            }

            /// The value of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::EACH.iter().copied().find(|value| value.as_str() == name)
            }

            /// The names of all, for whoever gave another one.
            pub fn names() -> String {
                Self::EACH.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    };
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $value:ident: $text:literal, $label:literal;)* }) => {
        $crate::engine::named::named! { $(#[$meta])* $name { $($(#[$of])* $value: $text;)* } }

        impl $name {
            /// What people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$value => $label),* }
            }
        }
    };
}
pub(crate) use named;
