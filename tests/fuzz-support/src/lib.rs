//! What tests vary: damage to what strangers write, few and simple edits on every run of the tests and any number by
//! `cargo xtask fuzz`; and how many cases properties are tried with.
#![warn(missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use proptest::test_runner::{Config, RngSeed};

/// One change: what, where, how much, with which piece or byte.
pub type Edit = (u8, u16, u8, u8);

/// A sound text, what its grammar is made of and what has broken readers before, and what is asked of every damaged one.
pub struct Target<'a> {
    /// Its name.
    pub name: &'a str,
    /// The texts that damage begins with.
    pub seeds: Vec<Vec<u8>>,
    /// What is put into them.
    pub pieces: &'a [&'a str],
    /// Panics where a promise is broken.
    pub asked: fn(&[u8]),
}

impl Target<'_> {
    fn piece(&self, number: u8) -> &[u8] {
        self.pieces
            .get(usize::from(number) % self.pieces.len().max(1))
            .map_or(&[], |piece| piece.as_bytes())
    }

    fn apply(&self, text: &mut Vec<u8>, other: &[u8], (what, at, much, with): Edit) {
        let at = usize::from(at) % (text.len() + 1);
        let end = (at + usize::from(much)).min(text.len());
        match what % 7 {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..at, self.piece(with).iter().copied())),
            2 => drop(text.splice(at..end, self.piece(with).iter().copied())),
            3 => text.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (with % 8)),
            4 => {
                let copy = text[at..end].repeat(usize::from(with % 9));
                drop(text.splice(at..at, copy));
            }
            5 => text.insert(at, with),
            _ => {
                text.truncate(at);
                text.extend(other.iter().skip(usize::from(much)));
            }
        }
    }

    /// Simple damage to every seed: cut off anywhere, and each piece at `places` places.
    pub fn simply(&self, places: usize) {
        for seed in &self.seeds {
            (self.asked)(seed);
            for cut in 0..=seed.len().min(400) {
                (self.asked)(&seed[..cut]);
            }
            for piece in self.pieces {
                for at in (0..seed.len()).step_by(1 + seed.len() / places) {
                    let mut text = seed.clone();
                    drop(text.splice(at..at, piece.bytes()));
                    (self.asked)(&text);
                }
            }
        }
    }

    /// Any number of edits to any seed, as often as the environment says (`BOLERO_RANDOM_ITERATIONS`). Prints
    /// `fuzzed NAME: N executions`.
    pub fn fuzz(&self) {
        let executions = AtomicU64::new(0);
        bolero::check!()
            .with_type::<(u8, u8, Vec<Edit>)>()
            .for_each(|(seed, other, edits)| {
                let mut text = self.seeds[usize::from(*seed) % self.seeds.len()].clone();
                let other = &self.seeds[usize::from(*other) % self.seeds.len()];
                for edit in edits.iter().take(12) {
                    self.apply(&mut text, other, *edit);
                }
                executions.fetch_add(1, Relaxed);
                (self.asked)(&text);
            });
        println!("fuzzed {}: {} executions", self.name, executions.load(Relaxed));
    }
}

/// How properties are tried: the same cases on every run, so that a change is judged and not luck; `PROPTEST_CASES` and
/// `PROPTEST_RNG_SEED` ask for more and for others.
#[must_use]
pub fn properties() -> Config {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    Config {
        cases: asked("PROPTEST_CASES").map_or(400, |cases| u32::try_from(cases).unwrap_or(u32::MAX)),
        rng_seed: RngSeed::Fixed(asked("PROPTEST_RNG_SEED").unwrap_or(20_260_724)),
        failure_persistence: None,
        ..Config::default()
    }
}
