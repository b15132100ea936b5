//! `sessions list` and `sessions end`, with the same sessions in SQLite, Redis and PostgreSQL.

use serde_json::{Value, json};
use session_store::{DynStore, Row, Store};
use signed_session::Timestamp;
use signed_session::parts::session_core::SessionHandle;

use super::NO_SESSION;
use crate::Shell;

/// Runs a future on a new runtime. The runtime is dropped afterwards, which ends the tasks that the future spawned.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

/// Returns the handle of session `n`.
fn handle(n: u8) -> SessionHandle {
    SessionHandle::from_bytes([n; 32])
}

/// Stores two sessions of Zoë and one of Max.
async fn fill(store: &DynStore) {
    let at = |secs| Timestamp::from_secs(1_700_000_000.0 + secs).unwrap();
    for (n, owner, label, accessed) in
        [(1, "Zoë", Some("Firefox \u{1b}[2J"), 10.5), (2, "Zoë", None, 20.0), (3, "Max", None, 0.0)]
    {
        let mut row = Row::new(b"[]".to_vec(), at(0.25));
        row.owner = Some(owner.to_owned());
        row.label = label.map(str::to_owned);
        row.accessed = at(accessed);
        store.create(&handle(n), &row).await.unwrap().unwrap();
    }
}

/// Checks `sessions list` and `sessions end` on the store at `url`, which contains the sessions of [`fill`]. Both
/// commands also get `options`, such as the store's prefix.
fn check(url: &str, options: &[&str]) {
    let shell = Shell::new();
    let run = |command: &str, more: &[&str]| {
        let args = ["sessions", command, "--store", url];
        shell.run_with_warnings(args.iter().chain(options).chain(more), "")
    };
    let list = |owner: &str| -> Vec<Value> {
        let run = run("list", &["--owner", owner]);
        assert_eq!((run.code, &*run.stderr), (Some(0), ""));
        assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let end = |more: &[&str]| run("end", more).report();
    let [first, second, third] = [1, 2, 3].map(|n| handle(n).to_string());

    assert_eq!(
        list("Zoë"),
        [
            json!({"handle": second, "label": null, "created": 1_700_000_000.25, "accessed": 1_700_000_020.0}),
            json!({
                "handle": first,
                "label": "Firefox \u{1b}[2J",
                "created": 1_700_000_000.25,
                "accessed": 1_700_000_010.5,
            }),
        ]
    );
    assert_eq!(list("nobody"), [] as [Value; 0]);

    assert_eq!(end(&["--handle", NO_SESSION]), (0, json!({"ended": 0})));
    // Regression: all sessions of the user ended if the handle after `--except` was that of another user's session, or
    // of no session.
    for not_theirs in [NO_SESSION, &third] {
        let run = run("end", &["--owner", "Zoë", "--except", not_theirs]);
        assert!(run.error(1).contains("--except: the user has no session with this handle"), "{run:?}");
    }
    assert_eq!(list("Zoë").len(), 2);
    assert_eq!(end(&["--owner", "Zoë", "--except", &first]), (0, json!({"ended": 1})));
    assert_eq!(list("Zoë")[0]["handle"], *first);
    assert_eq!(end(&["--handle", &third]), (0, json!({"ended": 1})));
    assert_eq!(list("Max").len(), 0);
    assert_eq!(end(&["--owner", "Zoë"]), (0, json!({"ended": 1})));
    assert_eq!(list("Zoë").len(), 0);
}

/// Creates the database `sessions.db` in a folder, with the sessions of [`fill`].
#[cfg(feature = "sqlite")]
pub(crate) fn write_database(folder: &std::path::Path) {
    use session_store_sqlx::SqliteStore;

    block_on(async {
        let store = SqliteStore::connect(folder.join("sessions.db")).await.unwrap();
        store.migrate().await.unwrap();
        fill(&DynStore::new(store)).await;
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn sessions_in_sqlite_are_listed_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    write_database(folder.path());
    check(&format!("sqlite:{}", folder.path().join("sessions.db").display()), &[]);
}

#[cfg(feature = "sqlite")]
#[test]
fn missing_file_or_table_is_an_error() {
    let shell = Shell::new();
    let run = shell.line("sessions list --store sqlite:nowhere.db --owner zoe", "");
    assert!(run.error(1).contains("there is no file nowhere.db"), "{run:?}");
    assert!(!shell.0.path().join("nowhere.db").exists(), "the command should create no file");

    write_database(shell.0.path());
    let run = shell.line("sessions list --store sqlite:sessions.db --table other --owner zoe", "");
    assert!(run.error(1).contains("no such table"), "{run:?}");
    let run = shell.line("sessions list --store sqlite:sessions.db --table a;b --owner zoe", "");
    assert!(run.error(2).contains("table"), "{run:?}");
}

/// Regression: the commands switched any file to WAL, and wrote to an empty file.
#[cfg(feature = "sqlite")]
#[test]
fn journal_mode_of_file_stays() {
    use session_store_sqlx::SqliteStore;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    let shell = Shell::new();
    let path = shell.0.path().join("sessions.db");
    block_on(async {
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        let store = SqliteStore::new(pool.clone());
        store.migrate().await.unwrap();
        fill(&DynStore::new(store)).await;
        pool.close().await;
    });
    let read = || std::fs::read(&path).unwrap();
    let before = read();
    let run = |command: &str| shell.line(&format!("sessions {command}"), "");
    assert!(run("list --store sqlite:sessions.db --owner Max").stdout.contains(&handle(3).to_string()));
    assert!(
        run("list --store sqlite:sessions.db --table other --owner Max").error(1).contains("no such table")
    );
    assert!(read() == before, "`list` should not change the file");

    assert_eq!(run("end --store sqlite:sessions.db --owner Max").report(), (0, json!({"ended": 1})));
    // The format versions in the header: 1 for a rollback journal, 2 for WAL.
    assert_eq!(read()[18..20], [1, 1]);

    assert!(run("list --store sqlite:empty --owner Max").error(1).contains("no such table"));
    assert_eq!(std::fs::read(shell.0.path().join("empty")).unwrap(), b"");
}

#[cfg(feature = "sqlite")]
#[test]
fn url_is_read_from_the_environment() {
    let shell = Shell::new();
    write_database(shell.0.path());
    let mut command = shell.command();
    command.env("STORE_URL", "sqlite:sessions.db");
    let output = command.args(["sessions", "list", "--store-env", "STORE_URL", "--owner", "Max"]).output();
    assert!(String::from_utf8(output.unwrap().stdout).unwrap().contains(&handle(3).to_string()));
}

#[cfg(feature = "redis")]
#[test]
fn tls_url_exits_with_2() {
    for store in ["rediss://a", "redis://a,rediss://b"] {
        let run = Shell::new().line(&format!("sessions list --store {store} --owner zoe"), "");
        assert!(run.error(2).contains("cannot use TLS; forward a local port"), "{store}: {run:?}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn sessions_in_redis_are_listed_and_ended() {
    use session_store_redis::RedisStore;
    use session_tests::servers::RedisServer;

    let Some(server) = RedisServer::start() else { return };
    block_on(async {
        let store = RedisStore::connect(&server.url()).await.unwrap().with_prefix("web:");
        fill(&DynStore::new(store)).await;
    });
    check(&server.url(), &["--prefix", "web:"]);
}

#[cfg(feature = "redis")]
#[test]
fn sessions_in_redis_cluster_are_listed_and_ended() {
    use session_store_redis::RedisStore;
    use session_tests::servers::RedisCluster;

    let Some(cluster) = RedisCluster::start() else { return };
    let urls = cluster.urls();
    block_on(async {
        fill(&DynStore::new(RedisStore::connect_cluster(&[&urls[0]]).await.unwrap())).await;
    });
    check(&urls.join(","), &[]);

    // With a single URL, the command treats the node as a single server. Two of the three nodes then refuse the
    // request.
    let run = |url: &str| Shell::new().line(&format!("sessions end --store {url} --owner zoe"), "");
    let refusals = urls.iter().filter(|url| run(url).stderr.contains("the URLs of several nodes")).count();
    assert_eq!(refusals, 2, "only one node should hold the key of the owner");
}

#[cfg(feature = "postgres")]
#[test]
fn sessions_in_postgresql_are_listed_and_ended() {
    use session_store_sqlx::PostgresStore;
    use session_tests::servers::PostgresServer;
    use sqlx::PgPool;

    let Some(server) = PostgresServer::start() else { return };
    block_on(async {
        let pool = PgPool::connect_lazy(&server.url()).unwrap();
        let store = PostgresStore::new(pool).with_table("web").unwrap();
        store.migrate().await.unwrap();
        fill(&DynStore::new(store)).await;
    });
    check(&server.url(), &["--table", "web"]);
}
