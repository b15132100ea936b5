//! A TCP proxy that counts connections and round trips, and that can forward to another server or answer by itself.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A TCP proxy. It stops when its runtime stops.
pub(crate) struct Proxy {
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    target: AtomicU16,
    is_full: AtomicBool,
    /// The proxy's own answer to each command on new connections. With `None`, the proxy forwards the commands.
    answer: Mutex<Option<&'static str>>,
    connections: AtomicU64,
    /// The number of bytes of replies that the proxy still forwards to clients. The proxy drops later bytes.
    replies: AtomicU64,
    round_trips: AtomicU64,
    /// Whether the last bytes went to the server, so that its reply is awaited.
    is_waiting: AtomicBool,
}

impl Proxy {
    /// Starts a proxy to a port of this machine.
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            target: target.into(),
            is_full: false.into(),
            answer: None.into(),
            connections: 0.into(),
            replies: u64::MAX.into(),
            round_trips: 0.into(),
            is_waiting: false.into(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let own_answer = *shared.answer.lock().unwrap();
                if let Some(line) = own_answer {
                    tokio::spawn(answer(client, line));
                    continue;
                }
                if shared.is_full.load(Ordering::SeqCst) {
                    let _ = client.read(&mut [0; 1024]).await;
                    let _ = client.write_all(b"-ERR max number of clients reached\r\n").await;
                    continue;
                }
                let target = ("127.0.0.1", shared.target.load(Ordering::SeqCst));
                let Ok(server) = TcpStream::connect(target).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(copy(from_client, to_server, Arc::clone(&shared), true));
                tokio::spawn(copy(from_server, to_client, Arc::clone(&shared), false));
            }
        });
        Self { url, state }
    }

    /// Forwards new connections to another port. Existing connections stay.
    pub(crate) fn set_target(&self, target: u16) {
        self.state.target.store(target, Ordering::SeqCst);
    }

    /// Sets whether new connections get the error of a server that has its maximum number of clients.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.state.is_full.store(is_full, Ordering::SeqCst);
    }

    /// Sets a line with which the proxy itself answers each command on new connections, or `None` to forward again.
    pub(crate) fn set_answer(&self, line: Option<&'static str>) {
        *self.state.answer.lock().unwrap() = line;
    }

    /// Returns the number of connections that clients have opened.
    pub(crate) fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Forwards this number of bytes of the replies, and drops later bytes.
    pub(crate) fn limit_replies(&self, bytes: u64) {
        self.state.replies.store(bytes, Ordering::SeqCst);
    }

    /// Returns the number of bytes that the clients have received. The number is wrong after a call of
    /// [`limit_replies`](Self::limit_replies).
    pub(crate) fn reply_bytes(&self) -> u64 {
        u64::MAX - self.state.replies.load(Ordering::SeqCst)
    }

    /// Returns the result of a call, and its number of round trips.
    pub(crate) async fn count<T>(&self, call: impl Future<Output = T>) -> (T, u64) {
        let before = self.state.round_trips.load(Ordering::SeqCst);
        let result = call.await;
        (result, self.state.round_trips.load(Ordering::SeqCst) - before)
    }
}

impl State {
    /// Returns how many of `length` bytes the client gets, and subtracts them from the limit.
    fn take_replies(&self, length: usize) -> usize {
        let left = self.replies.load(Ordering::SeqCst);
        let length = length.min(usize::try_from(left).unwrap_or(usize::MAX));
        self.replies.store(left - length as u64, Ordering::SeqCst);
        length
    }
}

/// Answers each command with this line, until the client closes the connection.
async fn answer(mut client: TcpStream, line: &str) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer).await {
        // Each command starts with `*`. The commands that a client sends when it connects contain no other `*`.
        let commands = buffer[..length].iter().filter(|&&byte| byte == b'*').count();
        if client.write_all(format!("{line}\r\n").repeat(commands).as_bytes()).await.is_err() {
            break;
        }
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>, to_server: bool) {
    let mut buffer = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if !state.is_waiting.swap(to_server, Ordering::SeqCst) && to_server {
            state.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        let length = if to_server { length } else { state.take_replies(length) };
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
