//! Support for fuzz targets and for properties.
//!
//! A [`FuzzTarget`] mutates valid inputs. On every run of the tests, [`FuzzTarget::run_simple_mutations`] tries a fixed
//! set of mutations; `cargo xtask fuzz` runs [`FuzzTarget::fuzz`], which tries any number of random ones.
//! [`proptest_config`] makes properties try the same cases on every run.
#![warn(missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use proptest::test_runner::{Config, RngSeed};

/// One mutation: its kind, the offset, a length, and a token of the dictionary or a byte. See `FuzzTarget::mutate`.
pub type Mutation = (u8, u16, u8, u8);

/// The most mutations of one input.
const MAX_MUTATIONS: usize = 12;

/// What to fuzz, with inputs to begin with.
pub struct FuzzTarget<'a> {
    /// The name in the output of [`Self::fuzz`].
    pub name: &'a str,
    /// The seed corpus: valid inputs.
    pub seeds: Vec<Vec<u8>>,
    /// The dictionary: tokens of the input's grammar, and tokens that have broken parsers before.
    pub dictionary: &'a [&'a str],
    /// Handles one input, and panics if a property does not hold.
    pub run: fn(&[u8]),
}

impl FuzzTarget<'_> {
    fn token(&self, number: u8) -> &[u8] {
        self.dictionary
            .get(usize::from(number) % self.dictionary.len().max(1))
            .map_or(&[], |token| token.as_bytes())
    }

    /// Deletes, inserts, replaces, flips a bit, duplicates, inserts a byte, or continues with the end of another seed.
    fn mutate(&self, input: &mut Vec<u8>, other: &[u8], (kind, at, length, with): Mutation) {
        let at = usize::from(at) % (input.len() + 1);
        let end = (at + usize::from(length)).min(input.len());
        match kind % 7 {
            0 => drop(input.drain(at..end)),
            1 => drop(input.splice(at..at, self.token(with).iter().copied())),
            2 => drop(input.splice(at..end, self.token(with).iter().copied())),
            3 => input.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (with % 8)),
            4 => {
                let copy = input[at..end].repeat(usize::from(with % 9));
                drop(input.splice(at..at, copy));
            }
            5 => input.insert(at, with),
            _ => {
                input.truncate(at);
                input.extend(other.iter().skip(usize::from(length)));
            }
        }
    }

    /// Runs every seed, every prefix of a seed of at most 400 bytes, and each seed with each token of the dictionary
    /// inserted at about `positions` positions.
    pub fn run_simple_mutations(&self, positions: usize) {
        for seed in &self.seeds {
            (self.run)(seed);
            for end in 0..=seed.len().min(400) {
                (self.run)(&seed[..end]);
            }
            for token in self.dictionary {
                for at in (0..seed.len()).step_by(1 + seed.len() / positions) {
                    let mut input = seed.clone();
                    drop(input.splice(at..at, token.bytes()));
                    (self.run)(&input);
                }
            }
        }
    }

    /// Runs seeds with random mutations, as many times as `BOLERO_RANDOM_ITERATIONS` says. Prints
    /// `fuzzed NAME: N executions`, which `cargo xtask fuzz` reads.
    pub fn fuzz(&self) {
        let executions = AtomicU64::new(0);
        bolero::check!()
            .with_type::<(u8, u8, Vec<Mutation>)>()
            .for_each(|(seed, other, mutations)| {
                let mut input = self.seeds[usize::from(*seed) % self.seeds.len()].clone();
                let other = &self.seeds[usize::from(*other) % self.seeds.len()];
                for mutation in mutations.iter().take(MAX_MUTATIONS) {
                    self.mutate(&mut input, other, *mutation);
                }
                executions.fetch_add(1, Relaxed);
                (self.run)(&input);
            });
        println!("fuzzed {}: {} executions", self.name, executions.load(Relaxed));
    }
}

/// The configuration of properties: 400 cases from a fixed seed, so that a failure comes from a change of the code and
/// not from other cases. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` replace both numbers.
#[must_use]
pub fn proptest_config() -> Config {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    Config {
        cases: number("PROPTEST_CASES").map_or(400, |cases| u32::try_from(cases).unwrap_or(u32::MAX)),
        rng_seed: RngSeed::Fixed(number("PROPTEST_RNG_SEED").unwrap_or(20_260_724)),
        failure_persistence: None,
        ..Config::default()
    }
}
