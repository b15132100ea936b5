//! Applications in actix-web. An application of actix-web stays on its thread, so each thread has an application of its
//! own.

use std::future::pending;
use std::ops::Range;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::rt::{self, System};
use actix_web::test::init_service;
use actix_web::{App, Error};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::tasks::nanoseconds;
use super::{Engine, Kind, Run, SIZE, StoreSubject, TASKS};
use crate::applications::actix::Routes;
use crate::subject::{Job, SETUP};

/// Number of threads: the default number of worker threads of the applications in axum.
pub(crate) const THREADS: usize = 2;

/// Threads that each have an application with sessions in Redis.
pub(super) struct ActixThreads {
    name: &'static str,
    kind: Kind,
    threads: Vec<UnboundedSender<Order>>,
}

/// Which threads connect to the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Connect {
    /// The thread that starts the others, once. The applications share the store.
    Once,
    /// Each thread.
    PerThread,
}

/// The requests that a thread sends, and the channel to which it reports their times in nanoseconds.
struct Order {
    path: &'static str,
    sessions: Range<usize>,
    until: Instant,
    report: mpsc::Sender<Vec<u32>>,
}

impl ActixThreads {
    /// Starts the threads, and waits until they have created their sessions. As in a server of actix-web, a main thread
    /// starts the others and serves no requests.
    pub(super) fn start<C, S, T, B>(
        name: &'static str,
        kind: Kind,
        who: Connect,
        connect: impl Fn() -> C + Clone + Send + 'static,
        app: impl Fn(S) -> App<T> + Clone + Send + 'static,
    ) -> Self
    where
        C: Future<Output = S>,
        S: Clone + Send + 'static,
        T: Routes<B>,
        B: MessageBody + 'static,
    {
        let (threads, orders): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| unbounded_channel()).unzip();
        let main = move || async move {
            let shared = if who == Connect::Once { Some(connect().await) } else { None };
            for orders in orders {
                let (connect, app, shared) = (connect.clone(), app.clone(), shared.clone());
                thread::spawn(move || {
                    System::new().block_on(async move {
                        let store = if let Some(store) = shared { store } else { connect().await };
                        serve(app(store), orders).await;
                    })
                });
            }
            pending::<()>().await
        };
        thread::spawn(move || System::new().block_on(main()));
        let threads = Self { name, kind, threads };
        threads.run(Job::Read, TASKS, Duration::ZERO);
        threads
    }
}

impl StoreSubject for ActixThreads {
    fn name(&self) -> &'static str {
        self.name
    }

    fn engine(&self) -> Engine {
        Engine::Redis
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn run(&self, job: Job, tasks: usize, time: Duration) -> Run {
        let (report, reports) = mpsc::channel();
        let start = Instant::now();
        let until = start + time;
        for (number, thread) in self.threads.iter().enumerate() {
            let sessions = number * tasks / THREADS..(number + 1) * tasks / THREADS;
            let order = Order { path: job.path(), sessions, until, report: report.clone() };
            assert!(thread.send(order).is_ok(), "the thread must not have ended");
        }
        drop(report);
        let requests = reports.iter().flatten().collect();
        Run { requests, took: start.elapsed() }
    }
}

async fn serve<T, B>(app: App<T>, mut orders: UnboundedReceiver<Order>)
where
    T: Routes<B>,
    B: MessageBody + 'static,
{
    let service = Rc::new(init_service(app).await);
    let mut cookies = Vec::new();
    for _ in 0..TASKS {
        let uri = format!("{SETUP}?size={SIZE}").parse().expect("the path is a valid URI");
        cookies.extend(call(&*service, &uri, &HeaderValue::from_static("none=")).await);
    }
    while let Some(Order { path, sessions, until, report }) = orders.recv().await {
        let tasks = cookies[sessions].iter().map(|cookie| {
            let (service, cookie) = (Rc::clone(&service), cookie.clone());
            rt::spawn(async move { repeat(&*service, path, &cookie, until).await })
        });
        let mut requests = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            requests.extend(task.await.expect("every request succeeds"));
        }
        // Ignore an error: when the program ends, nothing receives the report.
        let _ = report.send(requests);
    }
}

async fn repeat<B>(
    service: &impl Service<Request, Response = ServiceResponse<B>, Error = Error>,
    path: &str,
    cookie: &HeaderValue,
    until: Instant,
) -> Vec<u32> {
    let uri: Uri = path.parse().expect("the path is a valid URI");
    let mut requests = Vec::new();
    let mut sent = Instant::now();
    while sent < until {
        call(service, &uri, cookie).await;
        let answered = Instant::now();
        requests.push(nanoseconds(answered - sent));
        sent = answered;
    }
    requests
}

/// Sends a request. Returns the cookie that the response sets.
async fn call<B>(
    service: &impl Service<Request, Response = ServiceResponse<B>, Error = Error>,
    uri: &Uri,
    cookie: &HeaderValue,
) -> Option<HeaderValue> {
    let mut request = Request::new();
    let head = request.head_mut();
    head.uri = uri.clone();
    head.headers_mut().insert(COOKIE, cookie.clone());
    let response = service.call(request).await.expect("the application answers");
    assert!(response.status().is_success(), "{}", response.status());
    let line = response.headers().get(SET_COOKIE)?.to_str().expect("`Set-Cookie` is ASCII");
    Some(HeaderValue::from_str(line.split(';').next()?).expect("the cookie is a valid header value"))
}
