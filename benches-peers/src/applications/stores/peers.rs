//! tower-sessions with its stores, and actix-session with Redis, set up as in their READMEs. But no cookie is `Secure`,
//! and the READMEs' timeout of ten seconds is left out. A second actix-session application connects once per thread.

use actix_session::SessionMiddleware;
use actix_session::storage::RedisSessionStore;
use actix_web::cookie::Key;
use tokio::runtime::Handle;
use tower_sessions_014::{MemoryStore, SessionManagerLayer, SessionStore};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};
use tower_sessions_sqlx_store::PostgresStore;
use tower_sessions_sqlx_store::sqlx::postgres::PgPoolOptions;

use super::actix_threads::{ActixThreads, Connect};
use super::{CONNECTIONS, Engine, Kind, Ports, StoreSubject, router};
use crate::applications::actix_session::routes;
use crate::applications::tower_sessions::routes_of_published_stores;

/// The number of connections in the README of tower-sessions-redis-store.
pub(crate) const REDIS_CONNECTIONS: usize = 6;

pub(super) async fn all(runtime: &Handle, ports: Ports) -> Vec<Box<dyn StoreSubject>> {
    let config = Config::from_url(&ports.redis_url()).expect("the URL should be valid");
    let redis =
        Pool::new(config, None, None, None, REDIS_CONNECTIONS).expect("the pool's settings should be valid");
    redis.connect();
    redis.wait_for_connect().await.expect("Redis should accept connections");
    let url = ports.postgres_url();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(&url);
    let postgres = PostgresStore::new(pool.await.expect("PostgreSQL should accept connections"));
    postgres.migrate().await.expect("the table should be created");
    vec![
        subject("tower-sessions, memory store", Engine::Memory, runtime, MemoryStore::default()).await,
        subject("tower-sessions-redis-store", Engine::Redis, runtime, RedisStore::new(redis)).await,
        subject("tower-sessions-sqlx-store", Engine::Postgres, runtime, postgres).await,
        Box::new(actix(ports, "actix-session, RedisSessionStore", Kind::Peer, Connect::Once)),
        Box::new(actix(ports, "actix-session, a connection per thread", Kind::Tuned, Connect::PerThread)),
    ]
}

fn actix(ports: Ports, name: &'static str, kind: Kind, who: Connect) -> ActixThreads {
    let key = Key::generate();
    let connect = move || async move {
        RedisSessionStore::new(ports.redis_url()).await.expect("Redis should accept connections")
    };
    let app =
        move |store| routes(SessionMiddleware::builder(store, key.clone()).cookie_secure(false).build());
    ActixThreads::start(name, kind, who, connect, app)
}

async fn subject<S: SessionStore + Clone>(
    name: &'static str,
    engine: Engine,
    runtime: &Handle,
    store: S,
) -> Box<dyn StoreSubject> {
    let layer = SessionManagerLayer::new(store).with_secure(false);
    router::subject(name, engine, Kind::Peer, runtime, routes_of_published_stores().layer(layer)).await
}
