//! What Yew has a panic tell, which is nothing: the panel's module is compiled so that a panic ends it at once. The crate
//! that this stands in for (`[patch]` in the workspace's manifest) brings 1.4 kB of formatting for it.

use std::panic::PanicHookInfo;

/// Called for every panic that is told of.
pub fn hook(_: &PanicHookInfo<'_>) {}
