//! The commands `sessions list` and `sessions end`, with each store engine whose Cargo feature is enabled.

#[cfg(any(feature = "sqlite", feature = "redis", feature = "postgres"))]
pub(crate) mod engines;

use crate::Shell;

/// A valid handle that belongs to no session.
const NO_SESSION: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

#[test]
fn wrong_command_line_exits_with_2() {
    let shell = Shell::new();
    for (line, says) in [
        ("sessions", "no command"),
        ("sessions list --owner zoe", "--store"),
        ("sessions list --store sqlite:a", "--owner"),
        ("sessions list --store sqlite:a --store-env A --owner zoe", "cannot be used with"),
        ("sessions list --store-env NOWHERE --owner zoe", "the environment variable NOWHERE is not set"),
        (
            "sessions list --store mysql://host --owner zoe",
            "give the URL of a store as sqlite:PATH, redis://",
        ),
        ("sessions list --store sessions.db --owner zoe", "give the URL of a store as sqlite:PATH, redis://"),
        ("sessions list --store redis://host --table web --owner zoe", "use --prefix"),
        ("sessions list --store sqlite:a --prefix web --owner zoe", "use --table"),
        ("sessions end --store sqlite:a", "--handle"),
        ("sessions end --store sqlite:a --handle zoe", "64 lowercase hex digits"),
        (&format!("sessions end --store sqlite:a --handle {NO_SESSION} --owner zoe"), "cannot be used with"),
        (&format!("sessions end --store sqlite:a --except {NO_SESSION}"), "--owner"),
        (
            &format!("sessions end --store sqlite:a --handle {NO_SESSION} --except {NO_SESSION}"),
            "cannot be used with",
        ),
    ] {
        let run = shell.line(line, "");
        assert!(run.error(2).contains(says), "{line}: {run:?}");
    }
}

/// No store of this test can be opened: the engine is unknown, the URL requires TLS, the port is invalid, nothing
/// listens on port 1, or there is no socket or file.
///
/// Regression: a password in the query of the URL was printed. With SQLite, a user or password before `@` was printed,
/// too.
#[test]
fn password_of_a_store_is_not_shown() {
    let shell = Shell::new();
    for store in [
        "mysql://zoe:hunter2@localhost",
        "redis://zoe:hunter2@localhost:1",
        "redis://zoe:hunter2@localhost:port",
        "rediss://zoe:hunter2@localhost",
        "postgres://zoe:hunter2@localhost:1/web",
        "postgres://zoe:hunter2@localhost:port/web",
        "postgres://localhost:1/web?user=zoe&password=hunter2",
        "postgres://localhost:port/web?password=a@hunter2",
        "redis+unix:///nowhere/redis.sock?user=zoe&pass=hunter2",
        "unix:///nowhere/redis.sock?pass=hunter2",
        "sqlite:/nowhere?password=hunter2",
        "sqlite://zoe:hunter2@nowhere/sessions.db",
    ] {
        for line in [
            format!("sessions list --store {store} --owner zoe"),
            format!("sessions list {store}"),
            format!("sessions --store={store}"),
            store.to_owned(),
        ] {
            let run = shell.line(&line, "");
            assert!(run.code == Some(1) || run.code == Some(2), "{run:?}");
            assert!(!run.stderr.contains("hunter2"), "{line}: {run:?}");
        }
    }
}

/// Regression: if a URL was given in place of the variable's name, the error quoted the URL.
#[test]
fn url_in_place_of_variable_name_is_not_shown() {
    let line = "sessions list --store-env postgres://web:hunter2@db/web --owner zoe";
    let run = Shell::new().line(line, "");
    assert!(run.error(2).contains("--store-env: the name is not that of a variable"), "{run:?}");
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
}

/// If the program was built without the feature of an engine, the error says which feature to enable.
#[test]
fn error_for_missing_engine_names_its_feature() {
    let shell = Shell::new();
    for (store, feature, is_enabled) in [
        ("sqlite:sessions.db", "sqlite", cfg!(feature = "sqlite")),
        ("redis://localhost:1", "redis", cfg!(feature = "redis")),
        ("postgres://localhost:1/web", "postgres", cfg!(feature = "postgres")),
    ] {
        let run = shell.line(&format!("sessions list --store {store} --owner zoe"), "");
        match is_enabled {
            true => run.error(1),
            false => run.error(2),
        };
        assert_eq!(run.stderr.contains(&format!("--features {feature}`")), !is_enabled, "{run:?}");
    }
}
