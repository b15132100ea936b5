//! axum applications, the bare framework, and a layer that does nothing.

use std::io;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::rt::{SystemRunner, net};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::routing::get;
use tower::Service;
use tower::layer::util::Identity;

use crate::subject::{Framework, Job, SETUP, Subject};

/// An application in axum.
pub(super) struct Axum<'s> {
    pub(super) system: &'s SystemRunner,
    pub(super) name: &'static str,
    pub(super) what: Option<&'static str>,
    pub(super) in_cookie: bool,
    pub(super) router: Router,
}

pub(super) fn bare(system: &SystemRunner) -> Axum<'_> {
    let router =
        Job::ALL.into_iter().fold(Router::new(), |router, job| router.route(job.path(), get(nothing)));
    Axum { system, name: "axum, bare", what: None, in_cookie: true, router }
}

/// Returns axum with a layer that does nothing. Its time shows the cost of any layer.
pub(super) fn empty_layer(system: &SystemRunner) -> Axum<'_> {
    let bare = bare(system);
    Axum { name: "axum, a layer that does nothing", router: bare.router.layer(Identity::new()), ..bare }
}

/// The handler of a request that does not touch its session.
pub(super) async fn nothing() -> &'static str {
    "ok"
}

impl Subject for Axum<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn what(&self) -> Option<&'static str> {
        self.what
    }

    fn in_cookie(&self) -> bool {
        self.in_cookie
    }

    fn framework(&self) -> Framework {
        Framework::Axum
    }

    fn sign_in(&self, size: usize) -> Option<String> {
        let request =
            Request::get(format!("{SETUP}?size={size}")).body(Body::empty()).expect("the request is valid");
        let response =
            self.system.block_on(self.router.clone().call(request)).expect("the application answers");
        let set_cookie = response.headers().get(SET_COOKIE)?.to_str().expect("`Set-Cookie` is ASCII");
        set_cookie.split(';').next().map(str::to_owned)
    }

    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize) {
        // `axum::serve` calls `with_state` for each connection. Without this call, every request applies the layers to
        // its route again.
        let mut router = self.router.clone().with_state::<()>(());
        // In a server, a header value is a slice of the buffer with the request, so the framework does not copy it.
        // The copy here is made before the measurement starts.
        let cookie = HeaderValue::from_str(cookie).expect("the cookie is a valid header value");
        let mut sent = 0;
        let took = self.system.block_on(async {
            let start = Instant::now();
            for _ in 0..count {
                let request = Request::get(path).header(COOKIE, cookie.clone());
                let request = request.body(Body::empty()).expect("the request is valid");
                let response = router.call(request).await.expect("the application answers");
                assert!(response.status().is_success());
                sent = response.headers().get_all(SET_COOKIE).iter().count();
            }
            start.elapsed()
        });
        (took, sent)
    }

    fn serve(self: Box<Self>, listener: TcpListener) -> io::Result<()> {
        self.system.block_on(async { axum::serve(net::TcpListener::from_std(listener)?, self.router).await })
    }
}
