//! actix-web applications, and the bare framework.

use std::io;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::rt::SystemRunner;
use actix_web::test::init_service;
use actix_web::{App, Error, HttpServer, web};

use crate::subject::{Framework, Job, SETUP, Subject};

/// A function that takes a path, a `Cookie` header and a number of requests. It sends the requests one after the other,
/// and returns the time for all of them and the `Set-Cookie` lines of the last response.
type Run<'s> = Box<dyn Fn(&str, &str, u32) -> (Duration, Vec<String>) + 's>;

/// A function that serves the application.
type Serve<'s> = Box<dyn FnOnce(TcpListener) -> io::Result<()> + 's>;

/// The routes of an [`App`].
pub(super) trait Routes<B>:
    ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
    + 'static
{
}

impl<B, T> Routes<B> for T where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static
{
}

/// An application in actix-web.
pub(super) struct Actix<'s> {
    name: &'static str,
    what: Option<&'static str>,
    run: Run<'s>,
    serve: Serve<'s>,
}

pub(super) fn bare(system: &SystemRunner) -> Actix<'_> {
    Actix::new(system, "actix-web, bare", None, || {
        let app =
            Job::ALL.into_iter().fold(App::new(), |app, job| app.route(job.path(), web::get().to(nothing)));
        app.route(SETUP, web::get().to(nothing))
    })
}

/// The handler of a request that does not touch its session.
pub(super) async fn nothing() -> &'static str {
    "ok"
}

impl<'s> Actix<'s> {
    /// Creates a subject. `app` is a function, because each server thread needs its own application.
    pub(super) fn new<T, B>(
        system: &'s SystemRunner,
        name: &'static str,
        what: Option<&'static str>,
        app: impl Fn() -> App<T> + Clone + Send + 'static,
    ) -> Self
    where
        T: Routes<B>,
        B: MessageBody + 'static,
    {
        let service = system.block_on(init_service(app()));
        let run = move |path: &str, cookie: &str, count| {
            let uri: Uri = path.parse().expect("the path is a valid URI");
            let cookie = HeaderValue::from_str(cookie).expect("the cookie is a valid header value");
            system.block_on(async {
                let mut lines = Vec::new();
                let start = Instant::now();
                for left in (0..count).rev() {
                    let mut request = Request::new();
                    let head = request.head_mut();
                    head.uri = uri.clone();
                    head.headers_mut().insert(COOKIE, cookie.clone());
                    let response = service.call(request).await.expect("the application answers");
                    assert!(response.status().is_success());
                    if left == 0 {
                        let text =
                            |line: &HeaderValue| line.to_str().expect("`Set-Cookie` is ASCII").to_owned();
                        lines = response.headers().get_all(SET_COOKIE).map(text).collect();
                    }
                }
                (start.elapsed(), lines)
            })
        };
        let serve = move |listener| {
            system.block_on(async { HttpServer::new(app).workers(1).listen(listener)?.run().await })
        };
        Self { name, what, run: Box::new(run), serve: Box::new(serve) }
    }
}

impl Subject for Actix<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn what(&self) -> Option<&'static str> {
        self.what
    }

    fn framework(&self) -> Framework {
        Framework::Actix
    }

    fn sign_in(&self, size: usize) -> Option<String> {
        let (_, lines) = (self.run)(&format!("{SETUP}?size={size}"), "none=", 1);
        lines.first()?.split(';').next().map(str::to_owned)
    }

    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize) {
        let (took, lines) = (self.run)(path, cookie, count);
        (took, lines.len())
    }

    fn serve(self: Box<Self>, listener: TcpListener) -> io::Result<()> {
        (self.serve)(listener)
    }
}
