//! A server of the site.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpServer};
use axum::Router;
use axum::routing::{get, post};
use signed_session::{BaseCookieSessionFactory, Serializer};

use crate::handlers;
use crate::serving::{self, Serving};

/// The framework of a server.
#[derive(Clone, Copy)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

pub(crate) fn start<S: Serializer>(framework: Framework, sessions: BaseCookieSessionFactory<S>) -> Serving {
    Serving::start(move |listener, stop| match framework {
        Framework::Axum => serving::axum(listener, axum_app(sessions), stop),
        Framework::Actix => serving::actix(actix_server(listener, sessions), stop),
    })
}

fn axum_app<S: Serializer>(sessions: BaseCookieSessionFactory<S>) -> Router {
    let routes = Router::new()
        .route("/sign-in", post(handlers::sign_in))
        .route("/sign-out", post(handlers::sign_out))
        .route("/hit", post(handlers::hit))
        .route("/home", get(handlers::home))
        .route("/key", get(handlers::key));
    routes.clone().nest("/shop", routes).layer(signed_session::axum::SessionLayer::new(sessions))
}

fn actix_server<S: Serializer>(listener: TcpListener, sessions: BaseCookieSessionFactory<S>) -> Server {
    let routes = |config: &mut ServiceConfig| {
        config
            .route("/sign-in", web::post().to(handlers::sign_in))
            .route("/sign-out", web::post().to(handlers::sign_out))
            .route("/hit", web::post().to(handlers::hit))
            .route("/home", web::get().to(handlers::home))
            .route("/key", web::get().to(handlers::key));
    };
    let app = move || {
        let layer = signed_session::actix::SessionLayer::new(sessions.clone());
        App::new().service(web::scope("/shop").configure(routes)).configure(routes).wrap(layer)
    };
    HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run()
}
