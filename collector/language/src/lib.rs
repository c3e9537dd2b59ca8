//! What words are: tokens to search by, the language of a text, what is said alike, themes, and whether something is praise or
//! complaint. Pure functions of text: no I/O, clock, randomness or SQL.

pub mod alike;
pub mod detect;
pub mod fold;
pub mod nothing;
pub mod sentiment;
pub mod stop;
pub mod theme;
pub mod token;
