//! signed-session with each of its stores.

use std::time::Duration;

use axum::extract::Request;
use axum::routing::get;
use session_store::MemoryStore;
use session_store_redis::RedisStore;
use session_store_sqlx::PostgresStore;
use signed_session::axum::{Session, SessionError};
use signed_session::parts::session_store::Store;
use signed_session::{EncryptedCookieSessionFactory, Secret, StoredSessionFactory};
use sqlx::postgres::PgPoolOptions;
use tokio::runtime::Handle;

use super::actix_threads::{ActixThreads, Connect};
use super::{CONNECTIONS, Engine, Kind, Ports, SIZE, StoreSubject, router};
use crate::applications::ours::{actix_app, fill, router as routes, setup};

/// The re-issue time is long, so that a read rarely writes to the store. The peers write nothing when a session is only
/// read.
const REISSUE_TIME: Duration = Duration::from_secs(600);

pub(super) async fn all(runtime: &Handle, ports: Ports) -> Vec<Box<dyn StoreSubject>> {
    let redis = RedisStore::connect(&ports.redis_url()).await.expect("Redis should accept connections");
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
    let pool = pool.connect(&ports.postgres_url()).await.expect("PostgreSQL should accept connections");
    let postgres = PostgresStore::new(pool);
    postgres.migrate().await.expect("the table should be created");
    vec![
        stored("signed-session, MemoryStore", Engine::Memory, runtime, MemoryStore::new()).await,
        stored("signed-session, RedisStore", Engine::Redis, runtime, redis.clone()).await,
        Box::new(in_actix(ports)),
        stored("signed-session, PostgresStore", Engine::Postgres, runtime, postgres).await,
        revocable(runtime, redis).await,
    ]
}

async fn stored<S: Store>(
    name: &'static str,
    engine: Engine,
    runtime: &Handle,
    store: S,
) -> Box<dyn StoreSubject> {
    let sessions = StoredSessionFactory::builder(secret(), store).development().reissue_time(REISSUE_TIME);
    let router = routes(sessions.build().expect("the options should be valid"), get(setup));
    router::subject(name, engine, Kind::Ours, runtime, router).await
}

/// Returns applications in actix-web whose sessions are in Redis. All threads share one store.
fn in_actix(ports: Ports) -> ActixThreads {
    let connect = move || async move {
        let store = RedisStore::connect(&ports.redis_url()).await.expect("Redis should accept connections");
        let sessions = StoredSessionFactory::builder(secret(), store).development();
        sessions.reissue_time(REISSUE_TIME).build().expect("the options should be valid")
    };
    let name = "signed-session, RedisStore, actix-web";
    ActixThreads::start(name, Kind::Ours, Connect::Once, connect, actix_app)
}

async fn revocable(runtime: &Handle, store: RedisStore) -> Box<dyn StoreSubject> {
    /// Sets an owner, because only a session with an owner is in the store.
    async fn setup(session: Session, _: Request) -> Result<(), SessionError> {
        session.set_owner("zoe")?;
        fill(&session, SIZE)
    }

    let sessions = EncryptedCookieSessionFactory::builder(secret()).development().reissue_time(REISSUE_TIME);
    let router = routes(sessions.revocable(store).build().expect("the options should be valid"), get(setup));
    let name = "signed-session, revocable cookie";
    router::subject(name, Engine::Redis, Kind::Revocable, runtime, router).await
}

fn secret() -> Secret {
    Secret::generate().expect("the system should have random bytes")
}
