//! Scripts that the server runs, each on one key.

use std::sync::LazyLock;

use redis::{Cmd, ErrorKind, FromRedisValue, Script as Hashed, ServerErrorKind};
use session_store::StoreError;

use crate::connection::{self, Connection};

/// Creates a script that changes a row: the functions in `row.lua`, followed by the given file.
macro_rules! row_script {
    ($file:literal) => {
        Script::new(concat!(include_str!("lua/row.lua"), include_str!($file)))
    };
}

macro_rules! index_script {
    ($file:literal) => {
        Script::new(include_str!($file))
    };
}

pub(crate) static CREATE: LazyLock<Script> = LazyLock::new(|| row_script!("lua/create.lua"));
pub(crate) static REPLACE: LazyLock<Script> = LazyLock::new(|| row_script!("lua/replace.lua"));
pub(crate) static TOUCH: LazyLock<Script> = LazyLock::new(|| row_script!("lua/touch.lua"));
pub(crate) static DELETE: LazyLock<Script> = LazyLock::new(|| row_script!("lua/delete.lua"));
pub(crate) static INDEX: LazyLock<Script> = LazyLock::new(|| index_script!("lua/index.lua"));
pub(crate) static UNINDEX: LazyLock<Script> = LazyLock::new(|| index_script!("lua/unindex.lua"));
pub(crate) static PRUNE: LazyLock<Script> = LazyLock::new(|| index_script!("lua/prune.lua"));

/// A script and its hash.
pub(crate) struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    fn new(code: &'static str) -> Self {
        Self { code, hash: Hashed::new(code).get_hash().to_owned() }
    }

    /// Runs the script on a key. Sends the hash of the script, and the text only if the server does not have the
    /// script, for example after a restart.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        connection: &Connection,
        key: &str,
        arguments: &[&[u8]],
    ) -> Result<T, StoreError> {
        let call = |name: &str, script: &str| {
            let bytes: usize = arguments.iter().map(|argument| argument.len()).sum();
            let mut call =
                Cmd::with_capacity(4 + arguments.len(), name.len() + script.len() + 1 + key.len() + bytes);
            call.arg(name).arg(script).arg(1).arg(key).arg(arguments);
            call
        };
        match connection.try_send(call("EVALSHA", &self.hash)).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                connection.send(call("EVAL", self.code)).await
            }
            reply => connection::read(reply),
        }
    }
}
