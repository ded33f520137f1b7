//! Damage to what strangers write: edits of sound texts, few and simple on every run of the tests, any number by
//! `cargo xtask fuzz`.
#![warn(missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
        self.pieces.get(usize::from(number) % self.pieces.len().max(1)).map_or(&[], |piece| piece.as_bytes())
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
            let cuts = seed.len().min(400);
            for cut in (0..=cuts).step_by(1 + cuts / (places * 32)) {
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
        bolero::check!().with_type::<(u8, u8, Vec<Edit>)>().for_each(|(seed, other, edits)| {
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
