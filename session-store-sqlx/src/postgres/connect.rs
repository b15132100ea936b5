//! A pool with the settings that a store needs.

use std::str::FromStr;
use std::time::Duration;

use session_store::StoreError;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::failure;

/// Time limit for the wait of a call for its turn. The same limit applies again to the wait for a new connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The time limits after which the server ends a statement, a little longer than the default `store_timeout` of the
/// session factories. When a factory gives up a write, the store closes the connection, but the server does not notice
/// this until the statement ends.
const SERVER_LIMITS: [(&str, &str); 2] = [("statement_timeout", "1500ms"), ("lock_timeout", "1500ms")];

pub(super) async fn pool(url: &str) -> Result<PgPool, StoreError> {
    // Don't show sqlx's error, because it can quote the URL, which may contain a password.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        StoreError::refused("the URL is not valid; use postgres://user:password@host:port/database")
    })?;
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
    pool.connect_with(limited(options)).await.map_err(|error| failure::store_error(&error))
}

/// Adds the [`SERVER_LIMITS`] that the options in the URL do not set.
fn limited(options: PgConnectOptions) -> PgConnectOptions {
    let given = options.get_options().unwrap_or_default().to_owned();
    options.options(SERVER_LIMITS.into_iter().filter(|(name, _)| !sets(&given, name)))
}

/// Returns whether `options` sets the parameter `name`: `-c name=value`, `-cname=value` or `--name=value`. The server
/// ignores the case of a name, and reads `-` in it as `_`.
fn sets(options: &str, name: &str) -> bool {
    let options = options.to_ascii_lowercase().replace('-', "_");
    let mut words = options.split(|char: char| char == '=' || char.is_whitespace());
    words.any(|word| matches!(word.strip_suffix(name), Some("" | "_c" | "__")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_in_url_are_kept() {
        for (query, options) in [
            ("", "-c statement_timeout=1500ms -c lock_timeout=1500ms"),
            ("?options[statement_timeout]=6s", "-c statement_timeout=6s -c lock_timeout=1500ms"),
            ("?options=-c%20lock_timeout=6s", "-c lock_timeout=6s -c statement_timeout=1500ms"),
            // Regression: `deadlock_timeout` ends with `lock_timeout`, so the store did not add its own `lock_timeout`.
            (
                "?options[deadlock_timeout]=6s",
                "-c deadlock_timeout=6s -c statement_timeout=1500ms -c lock_timeout=1500ms",
            ),
            // Regression: the store did not recognize these forms of an option. It added its own limit after the one in
            // the URL, and the server uses the last one.
            ("?options=--lock-timeout=6s", "--lock-timeout=6s -c statement_timeout=1500ms"),
            ("?options=-clock_timeout=6s", "-clock_timeout=6s -c statement_timeout=1500ms"),
            ("?options=-c%20Statement_Timeout=6s", "-c Statement_Timeout=6s -c lock_timeout=1500ms"),
        ] {
            let given = PgConnectOptions::from_str(&format!("postgres://web@localhost/web{query}")).unwrap();
            assert_eq!(limited(given).get_options(), Some(options));
        }
    }
}
