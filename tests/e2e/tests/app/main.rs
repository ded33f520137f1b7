//! The real app, as people use it and as it goes wrong. One program: its tests wait for much, and do so side by side.

mod faults;
mod hostile;
mod left_behind;
mod lockdown;
mod managed;
mod scenarios;
mod secrets;
