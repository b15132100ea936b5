//! Runs requests in the tasks of a tokio runtime.

use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::{Engine, Kind, Run, StoreSubject};
use crate::subject::Job;

/// A client that sends one request at a time.
pub(super) trait Client: Clone + Send + 'static {
    /// Sends a request for the session with this number.
    fn send(&mut self, job: Job, number: usize) -> impl Future<Output = ()> + Send;
}

/// A client whose requests run in tasks.
pub(super) struct Tasks<C> {
    pub(super) name: &'static str,
    pub(super) engine: Engine,
    pub(super) kind: Kind,
    pub(super) runtime: Handle,
    pub(super) client: C,
}

impl<C: Client> StoreSubject for Tasks<C> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn engine(&self) -> Engine {
        self.engine
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn run(&self, job: Job, tasks: usize, time: Duration) -> Run {
        self.runtime.block_on(async {
            let start = Instant::now();
            let until = start + time;
            let repeat = |number| {
                let mut client = self.client.clone();
                tokio::spawn(async move {
                    let mut requests = Vec::new();
                    let mut sent = Instant::now();
                    while sent < until {
                        client.send(job, number).await;
                        let answered = Instant::now();
                        requests.push(nanoseconds(answered - sent));
                        sent = answered;
                    }
                    requests
                })
            };
            let tasks: Vec<_> = (0..tasks).map(repeat).collect();
            let mut requests = Vec::new();
            for task in tasks {
                requests.extend(task.await.expect("every request succeeds"));
            }
            Run { requests, took: start.elapsed() }
        })
    }
}

pub(super) fn nanoseconds(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}
