//! PostgreSQL, with `sslmode`.

use std::sync::LazyLock;
use std::time::Duration;

use session_store::{Row, Store, StoreError, Version};
use session_store_sqlx::PostgresStore;
use session_tests::servers::PostgresServer;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::{CERTIFICATE, clock, handle, new_name, now, row};

fn server() -> Option<&'static PostgresServer> {
    static SERVER: LazyLock<Option<PostgresServer>> = LazyLock::new(|| {
        let certificate = CERTIFICATE.as_ref()?;
        let file = format!("ssl_cert_file={}", certificate.file().display());
        let key = format!("ssl_key_file={}", certificate.key().display());
        PostgresServer::start_with(&["-c", "ssl=on", "-c", &file, "-c", &key])
    });
    SERVER.as_ref()
}

/// Returns a URL of the server that makes a client check the certificate and the host name.
fn url() -> Option<String> {
    let file = CERTIFICATE.as_ref()?.file();
    Some(format!("{}?sslmode=verify-full&sslrootcert={}", server()?.url(), file.display()))
}

/// Connects to a server. Tries again if the handshake exceeds the time limit of `connect`, as it can on a busy machine.
async fn connect(url: &str) -> Result<PostgresStore, StoreError> {
    let mut connected = PostgresStore::connect(url).await;
    for _ in 0..20 {
        if !connected.as_ref().is_err_and(|error| error.to_string().contains("pool timed out")) {
            break;
        }
        connected = PostgresStore::connect(url).await;
    }
    connected
}

/// Makes a few calls instead of running the store suite. The suite opens many connections, and each TLS handshake takes
/// 0.1 seconds, so the suite would take a minute.
#[tokio::test]
async fn calls_work_on_encrypted_connection() {
    let Some(url) = url() else { return };
    let name = new_name();
    let url = format!("{url}&application_name={name}");
    connect(&url).await.unwrap();
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(60)).connect_lazy(&url).unwrap();
    let store = PostgresStore::new(pool).with_table(&name).unwrap().with_clock(clock());
    store.migrate().await.unwrap();
    // TLS splits this row into several records.
    let row = Row { owner: Some("alice".to_owned()), data: vec![b'x'; 100_000], ..row() };
    let version = store.create(&handle(), &row).await.unwrap().unwrap();
    for call in (0..50).map(|_| tokio::spawn(load(store.clone()))).collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Some((row.clone(), version)));
    }
    let short = Row { data: b"short".to_vec(), ..row };
    let version = store.replace(&handle(), version, &short).await.unwrap().unwrap();
    assert!(store.touch(&handle(), now(), None).await.unwrap());
    assert_eq!(load(store.clone()).await, Some((short, version)));
    assert_eq!(store.by_owner("alice").await.unwrap().len(), 1);
    assert!(store.delete(&handle(), Some(version)).await.unwrap());

    let pool = PgPool::connect(&url).await.unwrap();
    let encrypted: Option<bool> = sqlx::query_scalar(
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1",
    )
    .bind(&name)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(encrypted, Some(true));
}

async fn load(store: PostgresStore) -> Option<(Row, Version)> {
    store.load(&handle()).await.unwrap()
}

#[tokio::test]
async fn only_verify_modes_check_certificate() {
    let Some(server) = server() else { return };
    for mode in ["verify-ca", "verify-full"] {
        // Without `sslrootcert`, sqlx trusts only the root certificates of the system.
        let error = connect(&format!("{}?sslmode={mode}", server.url())).await.unwrap_err();
        assert!(error.is_unavailable() && error.to_string().contains("certificate"), "{error}");
    }
    for mode in ["prefer", "require"] {
        connect(&format!("{}?sslmode={mode}", server.url())).await.unwrap();
    }
}

#[tokio::test]
async fn default_mode_accepts_server_without_tls() {
    let Some(server) = PostgresServer::start() else { return };
    connect(&server.url()).await.unwrap();
    for mode in ["require", "verify-full"] {
        let error = connect(&format!("{}?sslmode={mode}", server.url())).await.unwrap_err();
        assert!(error.to_string().contains("TLS"), "{error}");
    }
}
