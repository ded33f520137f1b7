//! What a second instance of the app does when the first one exits while it takes over the second one's link.

/// The environment variable that counts, across processes, how often this start has begun again.
pub const RESTARTS: &str = "KONNECT_GROEP_STARTS";
/// The plugin that hands a second instance's link over to the first.
const SINGLE_INSTANCE: &str = "single-instance";
/// The first instance is gone for good after one restart; more of them mean that something else is wrong.
const MAX_RESTARTS: u32 = 10;

/// The count for [`RESTARTS`] with which to start again after `plugin` failed to initialize, or None if starting again
/// would not help. `restarts` is the variable's present value.
#[must_use]
pub fn next_restart(plugin: &str, restarts: Option<&str>) -> Option<u32> {
    let restarts = restarts.and_then(|count| count.parse().ok()).unwrap_or(0);
    (plugin == SINGLE_INSTANCE && restarts < MAX_RESTARTS).then(|| restarts + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_handover_is_the_only_failure_after_which_the_app_starts_again() {
        assert_eq!(next_restart("single-instance", None), Some(1));
        assert_eq!(next_restart("deep-link", None), None);
    }

    #[test]
    fn ten_restarts_in_a_row_are_the_last() {
        assert_eq!(next_restart("single-instance", Some("9")), Some(10));
        assert_eq!(next_restart("single-instance", Some("10")), None);
        assert_eq!(next_restart("single-instance", Some("4294967295")), None);
    }

    #[test]
    fn a_count_that_is_no_number_begins_anew() {
        assert_eq!(next_restart("single-instance", Some("many")), Some(1));
    }
}
