//! The house's rules that no compiler keeps. Each says what a file must not do, reads the repository, and fails with its sentence and the
//! places that break it. Each is also tried on a planted breach, so that a rule which finds nothing is known to look.
//!
//! `docs/ARCHITECTURE.md` gives the reasons.

#[cfg(test)]
mod languages;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod source;
#[cfg(test)]
mod words;
