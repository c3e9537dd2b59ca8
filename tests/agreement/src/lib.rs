//! One random survey with one visitor's run through it, and one random target with one visit, for each seed; what came of
//! them as a number. The collector decides natively what the widget decides in WebAssembly: for every seed both builds of
//! this crate must give the same number.

mod random;
mod survey;
mod target;

use random::Random;

/// What came of a seed.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// A hash of everything that was decided on the way.
    pub digest: u64,
    /// Whether the run reached the thank-you.
    pub finished: bool,
    /// Questions that were asked.
    pub asked: usize,
    /// Path of the rule that refused the visit; empty when it may be asked.
    pub rule: &'static str,
}

/// A hash that grows (FNV-1a, 64 bits).
pub(crate) struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a value as its debug form shows it, which leaves no field out.
    pub(crate) fn add(&mut self, value: &dyn std::fmt::Debug) {
        for byte in format!("{value:?};").bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// What comes of a seed.
pub fn explore(seed: u64) -> Explored {
    let mut random = Random::new(seed);
    let mut digest = Digest::new();
    let (finished, asked) = survey::run(&mut random, &mut digest);
    let rule = target::decide(&mut random, &mut digest);
    Explored { digest: digest.0, finished, asked, rule }
}

/// The number of a seed, for whoever holds the WebAssembly module.
#[expect(unsafe_code, reason = "a module's export is found by its plain name")]
#[unsafe(no_mangle)]
pub extern "C" fn outcome(seed: u64) -> u64 {
    explore(seed).digest
}
