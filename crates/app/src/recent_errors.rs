//! The latest errors, for the status page.

use app_state::AppError;

/// How many errors are kept.
const KEPT: usize = 5;

/// The latest errors, newest first, each of them once.
#[derive(Debug, Default)]
pub(crate) struct RecentErrors(Vec<AppError>);

impl RecentErrors {
    pub(crate) fn push(&mut self, error: AppError) {
        self.0.retain(|kept| *kept != error);
        self.0.insert(0, error);
        self.0.truncate(KEPT);
    }

    pub(crate) fn to_vec(&self) -> Vec<AppError> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use error_codes::ErrorCode;

    use super::*;

    #[test]
    fn the_newest_of_five_errors_is_first_and_each_is_listed_once() {
        let mut recent = RecentErrors::default();
        for code in &ErrorCode::ALL[..6] {
            recent.push(AppError::from(*code));
        }
        recent.push(AppError::from(ErrorCode::ALL[3]));
        let codes: Vec<_> = recent.to_vec().iter().map(|error| error.code).collect();
        assert_eq!(codes, [3, 5, 4, 2, 1].map(|at| ErrorCode::ALL[at]));
    }
}
