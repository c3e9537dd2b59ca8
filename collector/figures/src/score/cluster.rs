//! Shares of things that come in groups, as views come in visits: how many independent ones they are worth.
//!
//! What one member of a group meets, the others often meet too, so that a share of n members is known less well than
//! one of n that have nothing to do with one another. J. N. K. Rao and A. J. Scott, "A simple method for the analysis
//! of clustered binary data", Biometrics 48 (1992): divide successes and n by the design effect, the variance between
//! groups over the variance that independent members would have, and go on as if they were independent. Who has no
//! group is independent.

/// Sums over groups, which add up where groups do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// How many groups there are.
    pub groups: u64,
    /// Σ m: their members.
    pub members: u64,
    /// Σ m²: the squares of their sizes.
    pub squares: u64,
}

impl Groups {
    /// The design effect if all members of a group fared alike: the size of the group that a member is in, on
    /// average. 1 where no group is known.
    pub fn whole_effect(&self) -> f64 {
        if self.members == 0 { 1.0 } else { (self.squares as f64 / self.members as f64).max(1.0) }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            groups: self.groups.saturating_add(other.groups),
            members: self.members.saturating_add(other.members),
            squares: self.squares.saturating_add(other.squares),
        }
    }
}

/// A share whose n come in groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grouped {
    /// Members that succeeded.
    pub successes: u64,
    /// All members.
    pub n: u64,
    /// The groups of those members whose group is known.
    pub groups: Groups,
    /// Σ y²: the squares of the successes in each group.
    pub success_squares: u64,
    /// Σ y m: the successes in each group times its size.
    pub products: u64,
}

impl Grouped {
    /// A share of `(successes, n)` that have nothing to do with one another.
    pub fn independent((successes, n): (u64, u64)) -> Self {
        Self { successes, n, ..Self::default() }
    }

    /// The share of 1, the successes being at most n.
    pub(super) fn share(&self) -> f64 {
        self.successes.min(self.n) as f64 / self.n as f64
    }

    /// How many times n is larger than the number of independent members that would tell as much; at least 1.
    pub fn effect(&self) -> f64 {
        self.effect_at(self.share())
    }

    /// The common design effect of two samples, if they had the same share.
    pub(super) fn common_effect(&self, other: &Self) -> f64 {
        let both = Self {
            successes: self.successes.saturating_add(other.successes),
            n: self.n.saturating_add(other.n),
            groups: self.groups.plus(other.groups),
            success_squares: self.success_squares.saturating_add(other.success_squares),
            products: self.products.saturating_add(other.products),
        };
        both.effect_at(both.share())
    }

    fn effect_at(&self, share: f64) -> f64 {
        let (groups, members) = (self.groups.groups as f64, self.groups.members as f64);
        let independent = members * share * (1.0 - share);
        // Where all succeeded, or none, or there is one group, nothing tells how alike the members of a group are.
        if groups < 2.0 || independent <= 0.0 {
            return self.groups.whole_effect();
        }
        if self.groups.squares == self.groups.members {
            return 1.0;
        }
        // Σ (y − share m)², each group's distance from what its size leads to expect.
        let residual = self.success_squares as f64 - 2.0 * share * self.products as f64
            + share * share * self.groups.squares as f64;
        // Both variances are as they are estimated from samples, so that groups of one have an effect of exactly 1.
        let sampled = groups / (groups - 1.0) * (members - 1.0) / members;
        (sampled * residual / independent).clamp(1.0, members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;

    fn of(groups: &[(u64, u64)]) -> Grouped {
        groups.iter().fold(Grouped::default(), |sum, &(successes, members)| Grouped {
            successes: sum.successes + successes,
            n: sum.n + members,
            groups: sum.groups.plus(Groups { groups: 1, members, squares: members * members }),
            success_squares: sum.success_squares + successes * successes,
            products: sum.products + successes * members,
        })
    }

    #[test]
    fn rao_and_scotts_formula_agrees_with_a_calculation_by_hand() {
        // p = 4/10; residuals 2−1.2, 0−0.8, 1−1.2, 1−0.8: Σ r² = 1.36; v = 4/3 · 1.36 / 10²; d = v / (0.4 · 0.6 / 9).
        assert_close(of(&[(2, 3), (0, 2), (1, 3), (1, 2)]).effect(), 1.0, 1e-12, "below 1 counts as 1");
        let alike = of(&[(3, 3), (0, 2), (0, 3), (2, 2), (0, 1), (1, 1)]);
        // p = 6/12; residuals ±m/2: Σ r² = 28/4 = 7; d = 6/5 · 7 / 12² / (0.25 / 11) = 77/30.
        assert_close(alike.effect(), 77.0 / 30.0, 1e-12, "alike");
        assert_close(alike.groups.whole_effect(), 28.0 / 12.0, 1e-12, "mean size");
    }

    #[test]
    fn groups_of_one_are_independent_and_what_is_not_known_is_taken_for_alike() {
        assert_close(of(&[(1, 1); 30]).effect(), 1.0, 1e-12, "all succeeded alone");
        assert_eq!(of(&[(1, 1), (0, 1), (0, 1), (1, 1), (1, 1)]).effect(), 1.0, "groups of one");
        assert_close(of(&[(0, 4); 30]).effect(), 4.0, 1e-12, "none succeeded in fours");
        assert_close(of(&[(3, 10)]).effect(), 10.0, 1e-12, "one group");
        assert_close(Grouped::independent((3, 10)).effect(), 1.0, 1e-12, "no group known");
        assert_close(Grouped::default().groups.whole_effect(), 1.0, 1e-12, "nothing");
    }
}
