//! Chance, in one place: ids, secrets and salts come from here.

use rand::distr::{Distribution, StandardUniform};

/// A value that nobody can foresee (rand's generator of the thread, seeded by the system, which is cryptographically secure).
#[expect(clippy::disallowed_methods, reason = "the one place that draws")]
pub fn fresh<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    rand::random()
}
