//! The calendar of a simulated year.

/// Monday, 31 August 2026, midnight UTC: where each run begins, in seconds since 1970.
pub const BEGIN: i64 = 1_788_134_400;
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 24 * HOUR;
/// Length of a run: longer than a year.
pub const DAYS: i64 = 400;
/// First days of two summers, and how many days the tablet lies in a drawer.
const SUMMERS: [(i64, i64); 2] = [(102, 59), (280, 61)];

/// The tablet is used on this day: on weekdays outside the summers, and on the days before and after a summer.
#[must_use]
pub fn is_used(day: i64) -> bool {
    let away = SUMMERS
        .iter()
        .any(|(first, days)| (first + 1..first + days).contains(&day));
    let around = SUMMERS.iter().any(|(first, days)| day == *first || day == first + days);
    !away && (around || day % 7 < 5)
}

/// The tablet is put into the drawer on this day.
#[must_use]
pub fn begins_summer(day: i64) -> bool {
    SUMMERS.iter().any(|(first, _)| *first == day)
}
