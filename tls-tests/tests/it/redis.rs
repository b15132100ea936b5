//! Redis, with `rediss://`.

use std::env;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::ConnectionManagerConfig;
use redis::{Client, TlsCertificates};
use session_store::{Store, StoreError};
use session_store_redis::RedisStore;
use session_tests::servers::RedisServer;
use session_tests::store::ManualHarness;
use session_tests::store_suite;

use crate::{CERTIFICATE, clock, handle, new_name, row};

/// The environment variable with the URL for the child process of [`connect_trusts_certificates_of_system`].
const URL: &str = "TLS_TESTS_URL";

/// Time limit for a call, far longer than a call needs.
const PATIENCE: Duration = Duration::from_secs(60);

fn server() -> Option<&'static RedisServer> {
    static SERVER: LazyLock<Option<RedisServer>> =
        LazyLock::new(|| RedisServer::start_with_tls(CERTIFICATE.as_ref()?));
    SERVER.as_ref()
}

store_suite!(client_of_application, async || {
    let root_cert = Some(fs::read(CERTIFICATE.as_ref()?.file()).unwrap());
    let url = format!("{}/?protocol=resp3", server()?.tls_url());
    let client = Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert }).unwrap();
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let store = RedisStore::new(client.get_connection_manager_with_config(config).await.unwrap());
    let clock = clock();
    Some(ManualHarness::new(store.with_prefix(new_name()).with_clock(clock.clone()), clock))
});

/// Repeats a call while it times out. `RedisStore::connect` limits calls to a second, which
/// can be too short while all other tests use the same server.
async fn patiently<T>(mut call: impl AsyncFnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 0..60 {
        match call().await {
            Err(error) if error.to_string().contains("no reply in time") => {}
            result => return result,
        }
    }
    panic!("the server does not answer in time");
}

/// Runs itself again in a child process. The variable `SSL_CERT_FILE` of that process replaces the root certificates of
/// the system by the server's certificate.
#[tokio::test]
async fn connect_trusts_certificates_of_system() {
    if let Ok(url) = env::var(URL) {
        let store = patiently(async || RedisStore::connect(&url).await).await.unwrap().with_clock(clock());
        // Ignore whether `create` finds the row: an attempt that had no reply in time may have created it.
        patiently(async || store.create(&handle(), &row()).await).await.unwrap();
        assert_eq!(patiently(async || store.load(&handle()).await).await.unwrap().unwrap().0, row());
        return;
    }
    let (Some(certificate), Some(server)) = (&*CERTIFICATE, server()) else { return };
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "redis::connect_trusts_certificates_of_system"]);
    child.env(URL, server.tls_url()).env("SSL_CERT_FILE", certificate.file()).env_remove("SSL_CERT_DIR");
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn unknown_certificate_is_not_trusted() {
    let Some(server) = server() else { return };
    let error = patiently(async || RedisStore::connect(&server.tls_url()).await).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("certificate"), "{error}");
}
