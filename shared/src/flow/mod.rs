//! How a visitor goes through a survey: which question is next, what may be confirmed, and when the run is safe.
//!
//! A [`Run`] is changed only by [`Run::apply`], which returns what the caller has to do ([`Effect`]): the panel saves,
//! shows and closes; nothing here touches a DOM or a network. Drafts are what the visitor is typing; answers are what
//! was confirmed with Next, and only those are saved.

mod given;
mod outcome;
mod run;
#[cfg(test)]
mod run_test;
mod script;

pub use given::{Entry, Given, Problem, characters_left, concat, digits, is_asked, is_other_picked, sign};
pub use outcome::Outcome;
pub use run::{Effect, Phase, Run, Step};
pub use script::{Outside, Purpose, Script};
