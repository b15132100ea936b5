//! A proxy in front of PostgreSQL that counts connections and round trips.

use std::future::pending;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

pub(crate) struct Proxy {
    port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    round_trips: AtomicUsize,
    forwarders: Mutex<Vec<AbortHandle>>,
    freeze: Arc<Notify>,
    /// Whether new connections are forwarded.
    is_held: watch::Sender<bool>,
}

impl Proxy {
    /// Starts a proxy in the runtime of the caller, in front of the server on the port `server`.
    pub(crate) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Register for `freeze` before the connection is counted, so that a test can freeze each connection
                // that it has counted.
                let frozen = [(); 2].map(|()| shared.freeze.clone().notified_owned());
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { continue };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (client_read, mut client_write) = client.into_split();
                let (mut server_read, server_write) = server.into_split();
                let mut is_held = shared.is_held.subscribe();
                let to_client = async move {
                    let _ = is_held.wait_for(|is_held| !is_held).await;
                    copy(&mut server_read, &mut client_write).await
                };
                let [to_client_frozen, to_server_frozen] = frozen;
                let to_client = tokio::spawn(until(to_client_frozen, to_client));
                let to_server = forward(client_read, server_write, shared.clone());
                let to_server = tokio::spawn(until(to_server_frozen, to_server));
                shared
                    .forwarders
                    .lock()
                    .unwrap()
                    .extend([to_client.abort_handle(), to_server.abort_handle()]);
            }
        });
        Self { port, counts }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of connections that clients have opened since the start.
    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// Closes all connections. A server that stops sends an error first; the proxy sends none.
    pub(crate) async fn cut(&self) {
        let forwarders = std::mem::take(&mut *self.counts.forwarders.lock().unwrap());
        forwarders.iter().for_each(AbortHandle::abort);
        while !forwarders.iter().all(AbortHandle::is_finished) {
            tokio::task::yield_now().await;
        }
    }

    /// Stops forwarding on the existing connections, without closing them, as if the server had lost its power. New
    /// connections work.
    pub(crate) fn freeze(&self) {
        self.counts.freeze.notify_waiters();
    }

    /// Lets clients connect, but sends them nothing, as if the server took long to log them in.
    pub(crate) fn hold(&self) {
        self.counts.is_held.send_replace(true);
    }

    /// Ends the effect of [`hold`](Self::hold), except on connections that are frozen.
    pub(crate) fn release(&self) {
        self.counts.is_held.send_replace(false);
    }

    /// Returns the number of round trips since the start. Each message after which a client waits for the server counts
    /// as one, except the first message on a connection.
    pub(crate) fn round_trips(&self) -> usize {
        self.counts.round_trips.load(Ordering::SeqCst)
    }
}

/// Runs a forwarder. Once the proxy is frozen, keeps the forwarder and its sockets, but no longer runs it.
async fn until<T>(frozen: OwnedNotified, forwarder: impl Future<Output = T>) {
    let mut forwarder = pin!(forwarder);
    tokio::select! {
        biased;
        () = frozen => pending().await,
        _ = &mut forwarder => {}
    }
}

/// Forwards the messages of a client one by one.
async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    counts: Arc<Counts>,
) -> std::io::Result<()> {
    // The first message has no type byte.
    let first = message(&mut client, Vec::new()).await?;
    server.write_all(&first).await?;
    loop {
        let kind = client.read_u8().await?;
        let message = message(&mut client, vec![kind]).await?;
        // Sync, Flush, Query, and the client's answer when the server requests a password.
        if matches!(kind, b'S' | b'H' | b'Q' | b'p') {
            counts.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        server.write_all(&message).await?;
    }
}

/// Reads the rest of a message: its length, and then its content. The length includes its own four bytes.
async fn message(client: &mut OwnedReadHalf, mut message: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let len = client.read_u32().await?;
    message.extend(len.to_be_bytes());
    let start = message.len();
    message.resize(start + len as usize - 4, 0);
    client.read_exact(&mut message[start..]).await?;
    Ok(message)
}
