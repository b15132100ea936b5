//! actix-session with Redis. An application of actix-web stays on its thread, so each thread has its own.

use std::ops::Range;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_session::SessionMiddleware;
use actix_session::storage::RedisSessionStore;
use actix_web::cookie::Key;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::rt::{self, System};
use actix_web::test::init_service;
use actix_web::{App, Error, web};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::tasks::nanoseconds;
use super::{Engine, Kind, Run, SIZE, StoreSubject, TASKS};
use crate::applications::actix::nothing;
use crate::applications::actix_session::{read, setup, write};
use crate::subject::{Job, SETUP};

/// Number of threads, the same as the worker threads of the other applications.
const THREADS: usize = 2;

/// Threads that each have the application and a connection to Redis.
pub(super) struct ActixThreads {
    threads: Vec<UnboundedSender<Order>>,
}

/// The requests that a thread sends, and the channel to which it reports their times in nanoseconds.
struct Order {
    path: &'static str,
    sessions: Range<usize>,
    until: Instant,
    report: mpsc::Sender<Vec<u32>>,
}

impl ActixThreads {
    /// Starts the threads, and waits until they have their sessions.
    pub(super) fn start(redis_url: String) -> Self {
        let start = |_| {
            let (orders, received) = unbounded_channel();
            let url = redis_url.clone();
            thread::spawn(move || System::new().block_on(serve(url, received)));
            orders
        };
        let threads = Self { threads: (0..THREADS).map(start).collect() };
        threads.run(Job::Read, TASKS, Duration::ZERO);
        threads
    }
}

impl StoreSubject for ActixThreads {
    fn name(&self) -> &'static str {
        "actix-session, RedisSessionStore"
    }

    fn engine(&self) -> Engine {
        Engine::Redis
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn run(&self, job: Job, tasks: usize, time: Duration) -> Run {
        let (report, reports) = mpsc::channel();
        let start = Instant::now();
        let until = start + time;
        for (number, thread) in self.threads.iter().enumerate() {
            let sessions = number * tasks / THREADS..(number + 1) * tasks / THREADS;
            let order = Order { path: job.path(), sessions, until, report: report.clone() };
            assert!(thread.send(order).is_ok(), "the thread runs");
        }
        drop(report);
        let requests = reports.iter().flatten().collect();
        Run { requests, took: start.elapsed() }
    }
}

async fn serve(redis_url: String, mut orders: UnboundedReceiver<Order>) {
    let store = RedisSessionStore::new(redis_url).await.expect("Redis");
    let sessions = SessionMiddleware::builder(store, Key::generate()).cookie_secure(false).build();
    let app = App::new()
        .route(SETUP, web::get().to(setup))
        .route(Job::Untouched.path(), web::get().to(nothing))
        .route(Job::Read.path(), web::get().to(read))
        .route(Job::Write.path(), web::get().to(write))
        .wrap(sessions);
    let service = Rc::new(init_service(app).await);
    let mut cookies = Vec::new();
    for _ in 0..TASKS {
        let uri = format!("{SETUP}?size={SIZE}").parse().expect("a path");
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
        // The report is not read if the program ends.
        let _ = report.send(requests);
    }
}

async fn repeat<B>(
    service: &impl Service<Request, Response = ServiceResponse<B>, Error = Error>,
    path: &str,
    cookie: &HeaderValue,
    until: Instant,
) -> Vec<u32> {
    let uri: Uri = path.parse().expect("a path");
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
    let response = service.call(request).await.expect("no error");
    assert!(response.status().is_success(), "{}", response.status());
    let line = response.headers().get(SET_COOKIE)?.to_str().expect("text");
    Some(HeaderValue::from_str(line.split(';').next()?).expect("a header"))
}
