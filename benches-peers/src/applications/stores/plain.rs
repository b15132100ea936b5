//! Bare clients. They send only the minimum of commands that a request with a session in a store needs.

use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection, PgPool};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::tasks::{Client, Tasks};
use super::{CONNECTIONS, Engine, Kind, Ports, PostgresSetting, SIZE, StoreSubject, TASKS};
use crate::data::entries;
use crate::subject::Job;

const SELECT: &str = "SELECT data FROM bare WHERE id = $1";
const UPDATE: &str = "UPDATE bare SET data = $2 WHERE id = $1";

pub(super) async fn all(runtime: &Handle, ports: Ports) -> Vec<Box<dyn StoreSubject>> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
    let pool = pool.connect(&ports.postgres_url()).await.expect("PostgreSQL should accept connections");
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS bare (id bigint PRIMARY KEY, data bytea NOT NULL) WITH (fillfactor = 80)",
    )
    .execute(&pool)
    .await
    .expect("the table should be created");
    let data = data();
    for number in 0..TASKS {
        let insert = sqlx::query("INSERT INTO bare VALUES ($1, $2) ON CONFLICT DO NOTHING");
        insert.bind(id(number)).bind(&data).execute(&pool).await.expect("the row should be inserted");
    }
    let options: PgConnectOptions = ports.postgres_url().parse().expect("the URL should be valid");
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Mutex::new(options.connect().await.expect("PostgreSQL should accept connections")));
    }
    let client = redis::Client::open(ports.redis_url()).expect("the URL should be valid");
    let connection =
        client.get_multiplexed_async_connection().await.expect("Redis should accept connections");
    let mut get = Get { connection, keys: (0..TASKS).map(|number| format!("bare:{number}")).collect() };
    for number in 0..TASKS {
        get.set(number, &data).await;
    }

    let (kind, redis, postgres) = (Kind::Bare, Engine::Redis, Engine::Postgres);
    let runtime = || runtime.clone();
    let on_connections = Connections { connections: connections.into() };
    vec![
        Box::new(Tasks { name: "bare GET, SET", engine: redis, kind, runtime: runtime(), client: get }),
        Box::new(Tasks {
            name: "bare SELECT, UPDATE",
            engine: postgres,
            kind,
            runtime: runtime(),
            client: on_connections,
        }),
        Box::new(Tasks {
            name: "bare SELECT, UPDATE through sqlx's pool",
            engine: postgres,
            kind,
            runtime: runtime(),
            client: Pooled { pool },
        }),
    ]
}

/// Asks PostgreSQL for its version and its `max_connections`.
pub(super) async fn postgres_setting(ports: Ports) -> PostgresSetting {
    let options: PgConnectOptions = ports.postgres_url().parse().expect("the URL should be valid");
    let mut connection = options.connect().await.expect("PostgreSQL should accept connections");
    let setting = sqlx::query_as(
        "SELECT split_part(current_setting('server_version'), ' ', 1), current_setting('max_connections')",
    );
    let (version, max_connections) =
        setting.fetch_one(&mut connection).await.expect("PostgreSQL should return its settings");
    PostgresSetting { version, max_connections }
}

/// Returns the data of one session, as JSON.
fn data() -> Vec<u8> {
    let entries = entries(SIZE).into_iter().map(|(key, value)| (key.to_owned(), value));
    serde_json::to_vec(&serde_json::Value::Object(entries.collect())).expect("the data should be valid JSON")
}

fn id(number: usize) -> i64 {
    i64::try_from(number).expect("the number should be small")
}

#[derive(Clone)]
struct Get {
    connection: MultiplexedConnection,
    keys: Arc<[String]>,
}

impl Get {
    async fn set(&mut self, number: usize, data: &[u8]) {
        let mut command = redis::cmd("SET");
        command.arg(&self.keys[number]).arg(data);
        command.query_async::<()>(&mut self.connection).await.expect("Redis should reply");
    }
}

impl Client for Get {
    async fn send(&mut self, job: Job, number: usize) {
        let mut command = redis::cmd("GET");
        let command = command.arg(&self.keys[number]);
        let data: Vec<u8> = command.query_async(&mut self.connection).await.expect("Redis should reply");
        if job == Job::Write {
            self.set(number, &data).await;
        }
    }
}

/// The same number of connections as in the pool, but without a pool.
#[derive(Clone)]
struct Connections {
    connections: Arc<[Mutex<PgConnection>]>,
}

impl Client for Connections {
    async fn send(&mut self, job: Job, number: usize) {
        let connection = &self.connections[number % self.connections.len()];
        let select = sqlx::query_scalar(SELECT).bind(id(number));
        let data: Vec<u8> =
            select.fetch_one(&mut *connection.lock().await).await.expect("the row should exist");
        if job == Job::Write {
            let update = sqlx::query(UPDATE).bind(id(number)).bind(data);
            update.execute(&mut *connection.lock().await).await.expect("the row should be updated");
        }
    }
}

#[derive(Clone)]
struct Pooled {
    pool: PgPool,
}

impl Client for Pooled {
    async fn send(&mut self, job: Job, number: usize) {
        let select = sqlx::query_scalar(SELECT).bind(id(number));
        let data: Vec<u8> = select.fetch_one(&self.pool).await.expect("the row should exist");
        if job == Job::Write {
            let update = sqlx::query(UPDATE).bind(id(number)).bind(data);
            update.execute(&self.pool).await.expect("the row should be updated");
        }
    }
}
