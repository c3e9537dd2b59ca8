//! How much is kept of a refused item's field and reason.

/// Longest field that is kept, in characters.
pub const FIELD_CHARACTERS: usize = 80;

/// Longest reason that is kept, in characters.
pub const REASON_CHARACTERS: usize = 160;
