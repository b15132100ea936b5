//! Skips the part of a command that needs a missing program, or fails in CI.

use std::env;

use crate::sh::Result;

/// Returns the value in `needed`, which a part of a command needs. If `needed` is an error, prints a warning that the
/// part is skipped, and returns `None`. `part` is the name of the part in the warning.
///
/// # Errors
/// Returns the error in `needed` if the environment has `CI=true`, because CI must not skip this part.
pub(crate) fn or_skip<T>(part: &str, needed: Result<T>) -> Result<Option<T>> {
    or_skip_unless(env::var_os("CI").is_some_and(|ci| ci == "true"), part, needed)
}

fn or_skip_unless<T>(ci: bool, part: &str, needed: Result<T>) -> Result<Option<T>> {
    match needed {
        Ok(needed) => Ok(Some(needed)),
        Err(error) if ci => Err(error),
        Err(error) => {
            let rule = "=".repeat(80);
            eprintln!("\n{rule}\nWARNING: {error}");
            eprintln!("SKIPPING {part}. With CI=true this is a failure.\n{rule}");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_program_is_warning_locally_and_error_in_ci() {
        let missing = || Result::<()>::Err("no node".to_owned());
        assert_eq!(or_skip_unless(false, "the browser tests", missing()), Ok(None));
        assert_eq!(or_skip_unless(true, "the browser tests", missing()), Err("no node".to_owned()));
        assert_eq!(or_skip_unless(true, "the browser tests", Ok(7)), Ok(Some(7)));
    }
}
