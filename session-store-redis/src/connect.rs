//! Clients for a single server and for a cluster, with their time limits.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisResult};

use crate::connection::{Client, Connect};

/// Time limit for one attempt to connect.
const CONNECT: Duration = Duration::from_secs(1);

/// Time limit for a call on an existing connection.
const RESPOND: Duration = Duration::from_secs(1);

/// Returns the time limits and retries of a connection to a single server. If the server cannot be reached, a call
/// makes at most two attempts to connect, and fails after at most 2.2 seconds.
fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(RESPOND))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(200))
}

/// Returns a function that creates the client for a single server. The function does not wait for the connection.
pub(crate) fn single(url: &str) -> RedisResult<Connect> {
    let client = redis::Client::open(info(url)?)?;
    Ok(Box::new(move || {
        let client = ConnectionManager::new_lazy_with_config(client.clone(), config())?;
        Ok(Client::single(client))
    }))
}

/// Parses a URL. Adds RESP3 and the TCP settings.
fn info(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    // With RESP3, the client notices a lost connection at once, and does not wait for a call to fail.
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(redis).set_tcp_settings(tcp()))
}

/// Returns settings that detect a lost server within 25 seconds, even if the server could not close the connection, for
/// example because its host lost power.
fn tcp() -> TcpSettings {
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(10)).with_interval(Duration::from_secs(5));
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive.with_retries(3));
    // Keepalive sends no probes while sent bytes wait for TCP's acknowledgement. This wait needs its own time limit,
    // `TCP_USER_TIMEOUT`, which only these systems have.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(Duration::from_secs(10));
    settings
}

/// Returns a function that creates the client for a cluster. The function does not wait for the connections.
#[cfg(feature = "cluster")]
pub(crate) fn cluster(urls: &[&str]) -> RedisResult<Connect> {
    use redis::cluster::{ClusterClientBuilder, ClusterConfig};

    let nodes = urls.iter().map(|url| info(url)).collect::<RedisResult<Vec<_>>>()?;
    let client = ClusterClientBuilder::new(nodes)
        .use_protocol(ProtocolVersion::RESP3)
        .tcp_settings(tcp())
        .overall_response_timeout(Some(2 * RESPOND))
        .build()?;
    Ok(Box::new(move || {
        let config = ClusterConfig::new().set_connection_timeout(CONNECT).set_response_timeout(RESPOND);
        Ok(Client::Cluster(client.get_pending_async_connection_with_config(config)))
    }))
}
