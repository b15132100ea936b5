//! Redis and Redis Cluster.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::certificate::Certificate;
use super::folder::Folder;
use super::port::free_port;
use super::process::{PATIENCE, ServerProcess};
use crate::skip::skip;

/// Returns the program of the server: the environment variable `REDIS_SERVER`, or else `redis-server`.
fn program() -> OsString {
    env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

/// The ports of a server in addition to the port for clients without TLS.
#[derive(Clone, Copy, PartialEq)]
enum Ports {
    /// No other port.
    Plain,
    /// A port for clients with TLS.
    Tls,
    /// The port of the cluster bus.
    Node,
}

/// A Redis server on a free port of 127.0.0.1, without persistence. It ends on drop, and when the test program ends.
///
/// The environment variable `REDIS_SERVER` names another program with the same options, such as `valkey-server`.
#[derive(Debug)]
pub struct RedisServer {
    // The first field, so that the server ends before its folder is deleted.
    process: Option<ServerProcess>,
    options: Vec<String>,
    folder: Folder,
    port: u16,
    /// The port for clients with TLS, if the server has one.
    tls: Option<u16>,
    /// The port of the cluster bus, if the server is a node of a cluster.
    bus: Option<u16>,
}

impl RedisServer {
    /// Starts a server. Returns `None`, with a warning on standard error, if its program is not installed.
    ///
    /// # Panics
    /// Panics if the server does not start, or if its program is not installed and the environment has `CI=true`.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with additional command-line options, such as `["--requirepass", "secret"]`. Returns `None` in
    /// the same case as [`start`](Self::start).
    ///
    /// # Panics
    /// Panics like [`start`](Self::start).
    pub fn start_with(options: &[&str]) -> Option<Self> {
        Self::start_on(options, Ports::Plain, free_port)
    }

    /// Starts a server with a second port, for clients with TLS. They need no certificate of their own. Returns `None`
    /// in the same case as [`start`](Self::start).
    ///
    /// # Panics
    /// Panics like [`start`](Self::start).
    pub fn start_with_tls(certificate: &Certificate) -> Option<Self> {
        let [file, key] =
            [certificate.file(), certificate.key()].map(|path| path.to_string_lossy().into_owned());
        let options = ["--tls-cert-file", &file, "--tls-key-file", &key, "--tls-auth-clients", "no"];
        Self::start_on(&options, Ports::Tls, free_port)
    }

    /// Starts a server on ports that `free_port` returns. Returns `None` in the same case as [`start`](Self::start).
    fn start_on(options: &[&str], ports: Ports, mut free_port: impl FnMut() -> u16) -> Option<Self> {
        if Command::new(program()).arg("--version").stdout(Stdio::null()).status().is_err() {
            skip(
                "the tests with Redis",
                "install the Debian package redis-server, or put redis-server into PATH",
            );
            return None;
        }
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let folder = Folder::create("redis", None);
        let mut server = Self { process: None, options, folder, port: 0, tls: None, bus: None };
        // Another program can take a free port before the server does, so try several ports.
        let started = (0..5).any(|_| {
            server.port = free_port();
            server.tls = (ports == Ports::Tls).then(&mut free_port);
            server.bus = (ports == Ports::Node).then(&mut free_port);
            server.try_start()
        });
        assert!(started, "Redis does not start: {}", server.folder.log());
        Some(server)
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL, without a password.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Returns the URL for clients with TLS.
    ///
    /// # Panics
    /// Panics if the server was not started by [`start_with_tls`](Self::start_with_tls).
    pub fn tls_url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.tls.expect("the server has no port for TLS"))
    }

    /// Kills the server. Its data is lost, unless the server has an append-only file.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end("KILL");
        }
    }

    /// Kills the server, and starts it on the same port. Its data is lost, unless the server has an append-only file.
    ///
    /// # Panics
    /// Panics if the server does not start.
    pub fn restart(&mut self) {
        self.stop();
        let started = (0..5).any(|_| self.try_start());
        assert!(started, "Redis does not start: {}", self.folder.log());
    }

    /// Suspends the server: it accepts connections, but does not answer.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Sends a command, and returns the reply as text: a string, a number, or an array with one element per line.
    ///
    /// # Panics
    /// Panics if the server cannot be reached, or replies with an error.
    pub fn command(&self, arguments: &[&[u8]]) -> String {
        match call(self.port, arguments) {
            Ok(Ok(reply)) => reply,
            failure => panic!("the command of a test failed: {failure:?}"),
        }
    }

    /// Simulates that time passes for the keys that start with `prefix`: lowers their times to live by `by`. Keys
    /// without a time to live stay as they are.
    ///
    /// A key that would then expire within a minute, or would have expired at most a minute ago, gets a minute to
    /// live. So the result does not depend on how long the test itself takes. A key that would have expired earlier is
    /// deleted.
    ///
    /// # Panics
    /// Panics like [`command`](Self::command).
    pub fn advance(&self, prefix: &str, by: Duration) {
        const SCRIPT: &[u8] = b"
            for _, key in ipairs(redis.call('KEYS', ARGV[2] .. '*')) do
                local left = redis.call('PTTL', key)
                if left >= 0 then
                    left = left - ARGV[1]
                    if left < -60000 then redis.call('DEL', key)
                    else redis.call('PEXPIRE', key, string.format('%.0f', math.max(left, 60000))) end
                end
            end";
        let by = by.as_millis().to_string();
        self.command(&[b"EVAL", SCRIPT, b"0", by.as_bytes(), prefix.as_bytes()]);
    }

    /// Starts the server, and waits for its first reply. Returns false if it ends instead.
    fn try_start(&mut self) -> bool {
        let port = self.port.to_string();
        let mut command = self.folder.command(program());
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]);
        command.arg(self.folder.path()).args(&self.options);
        if let Some(bus) = self.bus {
            command.args(["--cluster-enabled", "yes", "--cluster-port", &bus.to_string()]);
        }
        if let Some(tls) = self.tls {
            command.args(["--tls-port", &tls.to_string()]);
        }
        // If the server has a password, the reply is an error. An error also shows that the server answers.
        let is_ready = || call(self.port, &[b"PING"]).is_ok();
        self.process = ServerProcess::start_ready(command, "KILL", &self.folder, is_ready);
        self.process.is_some()
    }

    fn signal(&self, signal: &str) {
        if let Some(process) = &self.process {
            process.signal_all(signal);
        }
    }
}

/// A Redis Cluster of three masters on 127.0.0.1. They end on drop, and when the test program ends.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts a cluster. Returns `None`, with a warning on standard error, if the program of the servers is
    /// not installed.
    ///
    /// # Panics
    /// Panics if the cluster does not start, or if the program is not installed and the environment has `CI=true`.
    pub fn start() -> Option<Self> {
        const SLOTS: [[&[u8]; 2]; 3] = [[b"0", b"5460"], [b"5461", b"10922"], [b"10923", b"16383"]];
        let mut nodes = Vec::new();
        for slots in SLOTS {
            let node = RedisServer::start_on(&[], Ports::Node, free_port)?;
            node.command(&[b"CLUSTER", b"ADDSLOTSRANGE", slots[0], slots[1]]);
            node.command(&[b"CLUSTER", b"SET-CONFIG-EPOCH", (nodes.len() + 1).to_string().as_bytes()]);
            nodes.push(node);
        }
        let port = nodes[0].port.to_string();
        let bus = nodes[0].bus.unwrap_or_default().to_string();
        for node in &nodes[1..] {
            node.command(&[b"CLUSTER", b"MEET", b"127.0.0.1", port.as_bytes(), bus.as_bytes()]);
        }
        let cluster = Self { nodes };
        cluster.wait();
        Some(cluster)
    }

    /// Returns the nodes. Each has a third of the slots.
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// Returns the nodes, to stop or to restart them.
    pub fn nodes_mut(&mut self) -> &mut [RedisServer] {
        &mut self.nodes
    }

    /// Returns the URLs of the nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// Calls [`RedisServer::advance`] on each node.
    ///
    /// # Panics
    /// Panics if a node cannot be reached.
    pub fn advance(&self, prefix: &str, by: Duration) {
        self.nodes.iter().for_each(|node| node.advance(prefix, by));
    }

    /// Waits until all nodes agree that the cluster is complete.
    fn wait(&self) {
        let start = Instant::now();
        let agrees = |node: &RedisServer| {
            let info = node.command(&[b"CLUSTER", b"INFO"]);
            ["cluster_state:ok", "cluster_slots_ok:16384", "cluster_size:3"]
                .iter()
                .all(|line| info.contains(line))
        };
        while !self.nodes.iter().all(agrees) {
            assert!(start.elapsed() < PATIENCE, "the cluster did not start within {PATIENCE:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Sends a command on a new connection. The inner result is the server's reply: a value, or an error of Redis.
fn call(port: u16, arguments: &[&[u8]]) -> io::Result<Result<String, String>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        request.extend(format!("${}\r\n", argument.len()).into_bytes());
        request.extend(*argument);
        request.extend(b"\r\n");
    }
    stream.write_all(&request)?;
    reply(&mut BufReader::new(stream))
}

fn reply(stream: &mut BufReader<TcpStream>) -> io::Result<Result<String, String>> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let line = line.strip_suffix("\r\n").ok_or_else(invalid)?;
    let (kind, rest) = line.split_at_checked(1).ok_or_else(invalid)?;
    let length = || rest.parse::<i64>().map_err(|_| invalid());
    match kind {
        "-" => Ok(Err(rest.to_owned())),
        "$" => {
            // In the Redis protocol, a length of -1 means nil.
            let Ok(length) = usize::try_from(length()?) else { return Ok(Ok(String::new())) };
            let mut text = vec![0; length + 2];
            stream.read_exact(&mut text)?;
            text.truncate(length);
            Ok(Ok(String::from_utf8_lossy(&text).into_owned()))
        }
        "*" => (0..length()?)
            .map(|_| reply(stream))
            .collect::<io::Result<Result<Vec<_>, _>>>()
            .map(|all| all.map(|all| all.join("\n"))),
        _ => Ok(Ok(rest.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Regression: every attempt to start a node used the same port for the cluster bus, so every attempt failed if
    /// another program had taken that port.
    #[test]
    fn node_starts_on_another_bus_port_if_first_is_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken_port = taken.local_addr().unwrap().port();
        let mut calls = 0;
        let node = RedisServer::start_on(&[], Ports::Node, || {
            calls += 1;
            // The second call returns the port of the cluster bus for the first attempt.
            if calls == 2 { taken_port } else { free_port() }
        });
        let Some(node) = node else { return };
        assert!(calls >= 4, "the second attempt needs two ports, too");
        assert!(node.command(&[b"INFO", b"cluster"]).contains("cluster_enabled:1"));
    }
}
