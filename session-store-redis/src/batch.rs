//! Commands of concurrent calls, sent together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, mem};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use redis::aio::ConnectionManager;
use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};
use tokio::sync::oneshot;
use tokio::task;

/// Number of concurrent calls up to which each command is sent by itself.
const FEW: usize = 4;

/// Maximum number of commands in a pipeline. The client has one time limit for a pipeline and returns all of its
/// replies at once. So a long pipeline over a slow connection would fail as a whole.
const MAX_COMMANDS: usize = 16;

/// The client of one runtime, which sends the commands of many concurrent calls in pipelines.
///
/// A task of the client writes the commands to the connection. When a command wakes this task, tokio's scheduler runs
/// the task next, before other tasks that are ready. So the client would write each command by itself. With `Batches`,
/// a command waits until the ready tasks have run. If there are only a few calls, the wait costs more than it saves, so
/// each of their commands is sent by itself.
#[derive(Clone)]
pub(crate) struct Batches {
    client: ConnectionManager,
    waiting: Arc<Waiting>,
}

/// The calls whose commands are not sent yet. The first one starts the task that sends them.
#[derive(Default)]
struct Waiting(Mutex<Vec<Call>>);

struct Call {
    command: Cmd,
    reply: oneshot::Sender<RedisResult<Value>>,
}

impl Batches {
    pub(crate) fn new(client: ConnectionManager) -> Self {
        Self { client, waiting: Arc::default() }
    }

    /// Sends a command, and returns the reply, which can be an error of the server.
    pub(crate) async fn send(mut self, command: Cmd) -> RedisResult<Value> {
        reconnect_after_failure(&mut self.client);
        // The store holds one clone. Each running call holds another, except for the first call of a batch, which
        // passes its clone to the task.
        if Arc::strong_count(&self.waiting) <= 1 + FEW {
            return self.client.send_packed_command(&command).await;
        }
        let (reply, received) = oneshot::channel();
        if self.waiting.add(Call { command, reply }) {
            task::spawn(send_all(self.client, Turn { waiting: Some(self.waiting) }));
        }
        received.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// Lets the client connect again if its last attempt has failed with an I/O error.
///
/// If a connection is lost while no call is made, the client tries to connect, and keeps the error if it fails. For the
/// next command, it would return this error without sending the command, and only then connect again.
///
/// The client never sends an empty pipeline. If it has kept an error, it returns this error at once and starts to
/// connect. The next command waits for this attempt. If the client has kept no error, this function has no effect.
fn reconnect_after_failure(client: &mut ConnectionManager) {
    let _ = client.send_packed_commands(&Pipeline::new(), 0, 0).now_or_never();
}

impl Waiting {
    /// Adds a call. Returns whether it is the first one.
    fn add(&self, call: Call) -> bool {
        let mut calls = self.lock();
        calls.push(call);
        calls.len() == 1
    }

    fn take(&self) -> Vec<Call> {
        mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guard that takes the waiting calls once. If the runtime stops before the guard has taken them, the runtime drops
/// the guard, and the guard drops the calls. So the calls fail, and do not wait forever.
struct Turn {
    /// `None` after the calls were taken.
    waiting: Option<Arc<Waiting>>,
}

impl Turn {
    fn take(&mut self) -> Vec<Call> {
        self.waiting.take().map(|waiting| waiting.take()).unwrap_or_default()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.take();
    }
}

async fn send_all(client: ConnectionManager, mut turn: Turn) {
    task::yield_now().await;
    // If the caller no longer waits for the reply, the command is not sent.
    let mut calls = turn.take().into_iter().filter(|call| !call.reply.is_closed()).peekable();
    let mut pipelines = Vec::new();
    while calls.peek().is_some() {
        pipelines.push(send_pipeline(client.clone(), calls.by_ref().take(MAX_COMMANDS).collect()));
    }
    join_all(pipelines).await;
}

async fn send_pipeline(mut client: ConnectionManager, calls: Vec<Call>) {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    let mut replies = Vec::with_capacity(calls.len());
    for Call { command, reply } in calls {
        pipeline.add_command(command);
        replies.push(reply);
    }
    match client.send_packed_commands(&pipeline, 0, replies.len()).await {
        Ok(values) => {
            for (reply, value) in replies.into_iter().zip(values) {
                // An error means that the caller no longer waits for the reply.
                let _ = reply.send(Ok(value));
            }
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// Returns the error for a call whose runtime has stopped.
fn stopped() -> RedisError {
    io::Error::from(io::ErrorKind::BrokenPipe).into()
}
