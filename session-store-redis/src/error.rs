//! Conversion of the client's errors into errors of a store.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use session_store::StoreError;

const WRONG_PASSWORD: &str = "the server needs another user or password";

const TLS_FAILED: &str = "TLS failed; check whether the client trusts the certificate of the server, and whether the \
                          port uses TLS";

/// The start of the client's error if the server refuses `SELECT` on a new connection. The error has no code of its
/// own.
const SELECT_REFUSED: &str = "Redis server refused to switch database";

/// Converts an error of the Redis client into an error of the store.
///
/// When Redis refuses a command, its reply may quote the arguments, which contain keys and data. So the new error holds
/// only the error code of a reply, or a text of this crate.
pub(crate) fn of(error: &RedisError) -> StoreError {
    match error.kind() {
        ErrorKind::Io => StoreError::unavailable(io_text(error)),
        ErrorKind::ClusterConnectionNotFound => {
            StoreError::unavailable("no node of the cluster can be reached")
        }
        // The next call uses a new connection, so it can succeed.
        ErrorKind::Parse => StoreError::unavailable("the reply does not follow the protocol"),
        ErrorKind::UnexpectedReturnType => StoreError::invalid("the reply has an unexpected type"),
        ErrorKind::InvalidClientConfig => StoreError::refused(
            "the URL is not valid; use redis://user:password@host:port/database, or enable a TLS feature of the crate \
             redis for rediss://",
        ),
        ErrorKind::AuthenticationFailed => StoreError::refused(WRONG_PASSWORD),
        ErrorKind::RESP3NotSupported => StoreError::refused(
            "the server, or a proxy before it, does not support RESP3; use Redis 7.0 or later, or Valkey",
        ),
        // With native-tls, a handshake that fails is an error of this kind, and has a source. The client's own errors
        // have none.
        ErrorKind::Client if error.source().is_some() => StoreError::unavailable(TLS_FAILED),
        ErrorKind::Server(kind) => of_server(kind, error),
        _ => of_code(error),
    }
}

fn of_server(kind: ServerErrorKind, error: &RedisError) -> StoreError {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::TryAgain
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ReadOnly => StoreError::unavailable(error.code().unwrap_or_default()),
        // A cluster client follows these redirections. It returns the error only if it gives up while slots are being
        // moved, so a later call can succeed. A client for a single server always returns the error, so the text says
        // how to connect.
        ServerErrorKind::Moved | ServerErrorKind::Ask => StoreError::unavailable(
            "the key is on another node; connect to the whole cluster: use connect_cluster, or give the URLs of \
             several nodes",
        ),
        ServerErrorKind::ResponseError if is_full(error) => {
            StoreError::unavailable("the server has its maximum number of clients")
        }
        ServerErrorKind::ResponseError if is_select_refused(error) => of_refused_select(error),
        _ => of_code(error),
    }
}

/// Converts the client's error for a refused `SELECT`. The error has only the text of the reply, without its code.
/// `BUSY` is the only temporary error that is possible: Redis accepts `SELECT` even while it loads its data, and as a
/// replica without a master.
fn of_refused_select(error: &RedisError) -> StoreError {
    // Redis and Valkey begin this text with their own name.
    if error.detail().is_some_and(|detail| detail.contains(" is busy running ")) {
        return StoreError::unavailable("BUSY");
    }
    StoreError::refused(
        "the server does not let this user select the database in the URL; check its number and the permission for \
         SELECT",
    )
}

/// Converts an error by the code in the server's reply. An error that the client found itself has no code.
fn of_code(error: &RedisError) -> StoreError {
    match error.code() {
        Some("WRONGTYPE" | "INVALIDROW") => StoreError::invalid("the key holds data of an unexpected kind"),
        Some(code @ ("BUSY" | "OOM" | "MISCONF" | "NOREPLICAS" | "UNBLOCKED")) => {
            StoreError::unavailable(code)
        }
        Some("NOAUTH" | "WRONGPASS") => StoreError::refused(WRONG_PASSWORD),
        Some(code) => StoreError::refused(code),
        None => StoreError::refused("the client does not support the call"),
    }
}

fn is_full(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| detail.starts_with("max number of clients reached"))
}

fn is_select_refused(error: &RedisError) -> bool {
    error.to_string().starts_with(SELECT_REFUSED)
}

/// Returns whether the client of a single server returns the same error for every later call. `error` must come from
/// the client itself, and not be the server's reply to a command.
///
/// A [`ConnectionManager`](redis::aio::ConnectionManager) keeps the result of setting up its connection. It tries again
/// only after an I/O error. It keeps all other errors: if the TLS handshake fails (with native-tls), if the peer does
/// not speak the protocol (for example a proxy that answers with HTTP), or if the server or a proxy replies with an
/// error to the login, to `SELECT` or to another command of the setup.
///
/// An established connection can only fail with an I/O error or a reply that cannot be parsed. After such a reply, the
/// client connects again by itself. The store replaces the client nevertheless, which costs at most a few more
/// connections.
pub(crate) fn is_permanent(error: &RedisError) -> bool {
    error.kind() != ErrorKind::Io
}

/// Returns whether the store must replace the client because the server replied to a command with `error`.
///
/// After a failover, the client keeps its connection to a server that has become a replica. After NOAUTH or WRONGPASS,
/// the connection stays logged out. After any other error, a new connection would get the same replies. A server that
/// is busy, loads its data or has lost its master replies on the same connection once it has recovered. If each call
/// connected again, that would only add to the server's work.
pub(crate) fn needs_new_connection(error: &RedisError) -> bool {
    matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "READONLY"))
}

/// Describes an I/O error without its text, which can name hosts.
fn io_text(error: &RedisError) -> &'static str {
    if error.is_timeout() {
        "no reply in time"
    } else if error.is_connection_refusal() {
        "the connection was refused"
    } else if error.is_connection_dropped() {
        "the connection was lost"
    } else if is_tls_failure(error) {
        TLS_FAILED
    } else {
        "I/O error"
    }
}

/// Returns whether rustls has failed. The redis crate uses the kind `InvalidData` for nothing else, because a reply
/// that it cannot parse is not an I/O error.
fn is_tls_failure(error: &RedisError) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the store's error for a reply of the server.
    fn reply(line: &str) -> StoreError {
        let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        of(&value.extract_error().unwrap_err())
    }

    #[test]
    fn overload_and_failover_are_unavailable() {
        for line in [
            "LOADING Redis is loading the dataset in memory",
            "CLUSTERDOWN The cluster is down",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "MASTERDOWN Link with MASTER is down",
            "READONLY You can't write against a read only replica.",
            "BUSY Redis is busy running a script.",
            "OOM command not allowed when used memory > 'maxmemory'.",
            "MISCONF Redis is configured to save RDB snapshots",
            "NOREPLICAS Not enough good replicas to write.",
            "ERR max number of clients reached",
            "MOVED 42 127.0.0.1:7000",
        ] {
            assert!(reply(line).is_unavailable(), "{line}");
        }
    }

    #[test]
    fn refusals_are_not_unavailable() {
        for line in
            ["NOAUTH Authentication required.", "NOPERM no permissions", "ERR unknown command 'EVALSHA'"]
        {
            let error = reply(line);
            assert!(!error.is_unavailable(), "{line}");
            assert!(error.to_string().starts_with("the session store refused the call"), "{error}");
        }
    }

    /// Regression: a busy server was reported as a missing permission if the URL named a database other than 0.
    #[test]
    fn busy_server_that_refuses_select_is_unavailable() {
        let refused = |detail: &str| {
            of(&(ServerErrorKind::ResponseError.into(), SELECT_REFUSED, detail.to_owned()).into())
        };
        for server in ["Redis", "Valkey"] {
            for what in ["a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "a module command."] {
                let error = refused(&format!("{server} is busy running {what}"));
                assert!(error.is_unavailable(), "{error}");
            }
        }
        for detail in ["User app has no permissions to run the 'select' command", "DB index is out of range"]
        {
            assert!(!refused(detail).is_unavailable(), "{detail}");
        }
    }

    /// Regression: the text was only "I/O error".
    #[test]
    fn tls_failure_suggests_to_check_certificate_and_port() {
        let error = of(&io::Error::new(io::ErrorKind::InvalidData, "invalid peer certificate").into());
        assert!(error.is_unavailable(), "{error}");
        for part in ["check", "certificate", "port"] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn other_io_error_does_not_suggest_tls() {
        let error = of(&io::Error::other("text of the client").into());
        assert_eq!(error.to_string(), "the session store cannot be reached: I/O error");
    }

    #[test]
    fn only_io_error_of_client_is_not_permanent() {
        assert!(!is_permanent(&io::Error::from(io::ErrorKind::TimedOut).into()));
        for kind in [ErrorKind::Parse, ErrorKind::Client, ErrorKind::Server(ServerErrorKind::ResponseError)] {
            assert!(is_permanent(&RedisError::from((kind, "text of the client"))), "{kind:?}");
        }
    }

    /// Returns the store's error for an error that the client found itself.
    fn client_error(kind: ErrorKind) -> StoreError {
        of(&RedisError::from((kind, "text of the client")))
    }

    #[test]
    fn error_found_by_client_has_own_text() {
        assert!(client_error(ErrorKind::Parse).is_unavailable());
        assert!(client_error(ErrorKind::ClusterConnectionNotFound).is_unavailable());
        for (kind, text) in [
            (
                ErrorKind::UnexpectedReturnType,
                "the session store returned invalid data: the reply has an unexpected type",
            ),
            (
                ErrorKind::AuthenticationFailed,
                "the session store refused the call: the server needs another user or password",
            ),
            (
                ErrorKind::RESP3NotSupported,
                "the session store refused the call: the server, or a proxy before it, does not support \
                 RESP3; use Redis 7.0 or later, or Valkey",
            ),
            (ErrorKind::Client, "the session store refused the call: the client does not support the call"),
        ] {
            assert_eq!(client_error(kind).to_string(), text);
        }
    }

    #[test]
    fn unknown_server_error_shows_only_its_code() {
        assert_eq!(
            reply("ERR unknown command 'EVALSHA'").to_string(),
            "the session store refused the call: ERR"
        );
    }

    #[test]
    fn value_of_other_type_is_invalid() {
        for line in ["WRONGTYPE Operation against a key", "INVALIDROW another format"] {
            assert!(reply(line).to_string().starts_with("the session store returned invalid data"), "{line}");
        }
    }

    #[test]
    fn error_text_does_not_quote_reply() {
        let error = reply("ERR unknown command 'EVALSHA', with args beginning with: 'session:abc' 'data'");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("abc") && !text.contains("data'"), "{text}");
        }
    }
}
