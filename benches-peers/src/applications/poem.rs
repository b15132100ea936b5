//! poem's `CookieSession`, and the bare framework.

use std::io;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::rt::SystemRunner;
use poem::endpoint::BoxEndpoint;
use poem::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use poem::listener::TcpAcceptor;
use poem::session::{CookieConfig, CookieSession, Session};
use poem::web::cookie::CookieKey;
use poem::{Endpoint, EndpointExt, Request, Route, Server, get, handler};

use crate::data::{entries, size_of};
use crate::subject::{Framework, Job, SETUP, Subject};

#[handler]
fn nothing() -> &'static str {
    "ok"
}

#[handler]
fn read(session: &Session) -> String {
    let hits: u32 = session.get("hits").unwrap_or(0);
    hits.to_string()
}

#[handler]
fn write(session: &Session) -> String {
    let hits: u32 = session.get("hits").unwrap_or(0);
    session.set("hits", hits + 1);
    hits.to_string()
}

#[handler]
fn setup(session: &Session, request: &Request) {
    for (key, value) in entries(size_of(request.uri().query())) {
        session.set(key, value);
    }
}

struct Poem<'s> {
    system: &'s SystemRunner,
    name: &'static str,
    what: Option<&'static str>,
    app: BoxEndpoint<'static>,
}

pub(super) fn bare(system: &SystemRunner) -> impl Subject + '_ {
    let app = Job::ALL.into_iter().fold(Route::new(), |app, job| app.at(job.path(), get(nothing)));
    Poem {
        system,
        name: "poem, bare",
        what: None,
        app: app.at(SETUP, get(nothing)).map_to_response().boxed(),
    }
}

pub(super) fn signed(system: &SystemRunner) -> impl Subject + '_ {
    let config = CookieConfig::signed(CookieKey::generate());
    app(system, config, "poem, CookieSession", "HMAC-SHA-256 over the value")
}

pub(super) fn private(system: &SystemRunner) -> impl Subject + '_ {
    let config = CookieConfig::private(CookieKey::generate());
    app(
        system,
        config,
        "poem, CookieSession, private",
        "AES-256-GCM over the value, cookie name as associated data",
    )
}

fn app<'s>(
    system: &'s SystemRunner,
    config: CookieConfig,
    name: &'static str,
    what: &'static str,
) -> Poem<'s> {
    let app = Route::new()
        .at(SETUP, get(setup))
        .at(Job::Untouched.path(), get(nothing))
        .at(Job::Read.path(), get(read))
        .at(Job::Write.path(), get(write))
        .with(CookieSession::new(config.secure(false)));
    Poem { system, name, what: Some(what), app: app.map_to_response().boxed() }
}

impl Subject for Poem<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn what(&self) -> Option<&'static str> {
        self.what
    }

    fn framework(&self) -> Framework {
        Framework::Poem
    }

    fn sign_in(&self, size: usize) -> Option<String> {
        let request = Request::builder().uri_str(format!("{SETUP}?size={size}")).finish();
        let response = self.system.block_on(self.app.get_response(request));
        let set_cookie = response.headers().get(SET_COOKIE)?.to_str().expect("`Set-Cookie` is ASCII");
        set_cookie.split(';').next().map(str::to_owned)
    }

    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize) {
        let cookie = HeaderValue::from_str(cookie).expect("the cookie is a valid header value");
        let mut sent = 0;
        let took = self.system.block_on(async {
            let start = Instant::now();
            for _ in 0..count {
                let request = Request::builder().uri_str(path).header(COOKIE, cookie.clone()).finish();
                let response = self.app.get_response(request).await;
                assert!(response.status().is_success());
                sent = response.headers().get_all(SET_COOKIE).iter().count();
            }
            start.elapsed()
        });
        (took, sent)
    }

    fn serve(self: Box<Self>, listener: TcpListener) -> io::Result<()> {
        self.system.block_on(async {
            Server::new_with_acceptor(TcpAcceptor::from_std(listener)?).run(self.app).await
        })
    }
}
