//! How properties are tried.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases on every run; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others.
pub fn config() -> ProptestConfig {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: asked("PROPTEST_CASES").map_or(400, |cases| u32::try_from(cases).unwrap_or(u32::MAX)),
        rng_seed: RngSeed::Fixed(asked("PROPTEST_RNG_SEED").unwrap_or(20_260_724)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
