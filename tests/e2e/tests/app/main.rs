//! Tests of the real app: the scenarios, faults and attacks. They are one program, because most of a test is waiting,
//! and the tests of one program run in parallel.

mod catalogue;
mod cleanup;
mod faults;
mod hostile;
mod isolation;
mod managed;
mod patience;
mod scenarios;
mod secrets;
