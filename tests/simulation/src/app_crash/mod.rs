//! The whole application, killed at each of its effects, writes and requests.
//!
//! A story ([`stories`]) is told once without a kill. Each call of a port on the way is a point, or two of them: before and
//! after its effect ([`ports`]); the write of the saved state has a point after each of its steps ([`disk`]), and a request
//! one before it leaves, one on its way, one with its answer at hand. Then the story is told once more for each point: the
//! process dies exactly there, somebody opens the app again, and the people of the story go on ([`run`]).
//!
//! What must hold, wherever the process dies:
//!
//! - within two minutes the tablet is where the story leads, or shows a button that leads there;
//! - nobody signs in once more, except for the reasons of [`surroundings::Loss`];
//! - no page, cookie, keystore entry or living session of whoever had the tablet before is there: the sessions are revoked,
//!   or wait in the keystore to be revoked;
//! - what a person has accepted, and is written down, holds;
//! - no code is sent twice, and no older refresh token after a newer one was saved ([`crate::server`], [`crate::storage`]).
//!
//! Time is Tokio's and paused, and nothing draws but from the moment and the name of what happens, so a story with its
//! kills replays exactly.

pub mod disk;
pub mod matrix;
pub mod points;
pub mod ports;
pub mod run;
pub mod stories;
pub mod surroundings;

pub use run::{ROTATIONS, Rotation, Told, tell};
pub use stories::{STORIES, Story};
