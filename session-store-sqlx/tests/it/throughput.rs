//! Measures how many `load` calls per second the store answers, and for comparison how many bare `SELECT` statements
//! per second run on sqlx's pool and on plain connections.

use std::time::Instant;

use session_store::Store;
use session_store_sqlx::PostgresStore;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::common::{self, handle, row};

const TASKS: u32 = 64;
const LOADS: u32 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement; run it with `cargo test --release --all-features -- --ignored --nocapture`"]
async fn loads_per_second_compared_with_bare_select() {
    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let options = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
    let pool = options.connect_lazy_with(common::connect_options(server.port()));
    let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap();
    store.migrate().await.unwrap();
    for number in 0..TASKS {
        store.create(&handle(number), &row(&[0; 450])).await.unwrap();
    }
    let select = format!("SELECT data FROM \"{table}\" WHERE handle = $1").leak() as &'static str;
    let bare = |number| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for _ in 0..LOADS {
                let query = sqlx::query(AssertSqlSafe(select)).bind(handle(number).as_bytes().to_vec());
                query.fetch_one(&pool).await.unwrap();
            }
        })
    };
    let load = |number| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..LOADS {
                store.load(&handle(number)).await.unwrap().unwrap();
            }
        })
    };
    // Each of the ten tasks has its own connection, so no task waits for a connection.
    let alone = |_| {
        let options = common::connect_options(server.port());
        tokio::spawn(async move {
            let mut connection = PgConnection::connect_with(&options).await.unwrap();
            for number in 0..TASKS * LOADS / 10 {
                let key = handle(number % TASKS).as_bytes().to_vec();
                sqlx::query(AssertSqlSafe(select)).bind(key).fetch_one(&mut connection).await.unwrap();
            }
        })
    };
    for _ in 0..5 {
        let mut rates = Vec::new();
        for kind in ["alone", "pool", "store"] {
            let start = Instant::now();
            let tasks: Vec<_> = match kind {
                "alone" => (0..10).map(alone).collect(),
                "pool" => (0..TASKS).map(bare).collect(),
                _ => (0..TASKS).map(load).collect(),
            };
            for task in tasks {
                task.await.unwrap();
            }
            rates.push(f64::from(TASKS * LOADS) / start.elapsed().as_secs_f64());
        }
        println!(
            "SELECT on plain connections {:.0}/s, on the pool {:.0}/s; load {:.0}/s",
            rates[0], rates[1], rates[2]
        );
    }
}
