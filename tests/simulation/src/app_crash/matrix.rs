//! Every story with every rotation, killed at each of its points.

use std::collections::BTreeMap;
use std::fmt;

use super::run::{ROTATIONS, Rotation, Told, tell};
use super::stories::{STORIES, Story};
use super::surroundings::Loss;

/// A story, a rotation, and where processes die.
#[derive(Clone, Debug)]
pub struct Case {
    pub story: &'static Story,
    pub rotation: Rotation,
    pub kills: Vec<usize>,
}

/// As the options that replay it.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--story {} --rotation {}", self.story.name, self.rotation.name)?;
        self.kills.iter().try_for_each(|kill| write!(f, " --kill {kill}"))
    }
}

impl Case {
    /// A story and a rotation by their names.
    pub fn named(story: &str, rotation: &str, kills: Vec<usize>) -> Option<Self> {
        Some(Self {
            story: STORIES.iter().find(|known| known.name == story)?,
            rotation: ROTATIONS.into_iter().find(|known| known.name == rotation)?,
            kills,
        })
    }

    pub fn tell(&self) -> Told {
        tell(self.story, self.rotation, &self.kills)
    }

    /// Tells the story with its kills, of which the first is at the point with this name. Returns what is wrong.
    pub fn check(&self, point: &str, outcomes: &mut Outcomes) {
        let told = self.tell();
        outcomes.kills += told.deaths.len();
        let first = told.deaths.first().map(String::as_str);
        if first != Some(point) {
            outcomes
                .broken
                .push(format!("{self}: died at {first:?} instead of {point:?}"));
        }
        if let Some(broken) = &told.broken {
            outcomes
                .broken
                .push(format!("{self}, {}: {broken}", told.deaths.join(", then ")));
        }
        outcomes.unrevocable += told.unrevocable;
        if told.extra_sign_ins > 0 {
            outcomes.extra_sign_ins += 1;
            for loss in told.losses {
                *outcomes.losses.entry(loss).or_default() += 1;
            }
        }
    }
}

/// The story without a kill, once for each rotation.
pub fn stories() -> Vec<Case> {
    let cases = STORIES.iter().flat_map(|story| {
        ROTATIONS.into_iter().map(move |rotation| Case {
            story,
            rotation,
            kills: vec![],
        })
    });
    cases.collect()
}

/// What became of one story with one rotation.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    pub points: usize,
    pub kills: usize,
    /// Runs in which somebody had to sign in once more.
    pub extra_sign_ins: usize,
    /// Why, as far as the runs tell.
    pub losses: BTreeMap<Loss, usize>,
    /// Sessions of whoever had the tablet before that nobody can revoke any more.
    pub unrevocable: usize,
    /// What was broken, with the options that replay it.
    pub broken: Vec<String>,
}

impl Outcomes {
    pub fn add(&mut self, other: Self) {
        self.points += other.points;
        self.kills += other.kills;
        self.extra_sign_ins += other.extra_sign_ins;
        self.unrevocable += other.unrevocable;
        for (loss, count) in other.losses {
            *self.losses.entry(loss).or_default() += count;
        }
        self.broken.extend(other.broken);
    }
}

/// Kills the story at every `each`th point, and, for `twice` more runs, at one point and then again at one of the first
/// points after the restart.
pub fn kill_at_points(case: &Case, each: usize, twice: usize) -> Outcomes {
    let whole = case.tell();
    let mut outcomes = Outcomes {
        points: whole.points.len(),
        ..Outcomes::default()
    };
    // Without a kill nothing is lost, and nobody signs in more often than the story says.
    if let Some(broken) = whole.broken {
        outcomes.broken.push(format!("{case}, without a kill: {broken}"));
        return outcomes;
    }
    for (number, point) in whole.points.iter().enumerate().step_by(each) {
        let killed = Case {
            kills: vec![number],
            ..case.clone()
        };
        killed.check(point, &mut outcomes);
    }
    let seed = case
        .to_string()
        .bytes()
        .fold(0, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    let mut draws = fastrand::Rng::with_seed(seed);
    for _ in 0..twice {
        let number = draws.usize(0..whole.points.len().max(1));
        let killed = Case {
            kills: vec![number, draws.usize(0..60)],
            ..case.clone()
        };
        killed.check(&whole.points[number], &mut outcomes);
    }
    outcomes
}
