//! How many loads a second the store does, beside the same `SELECT` on sqlx's pool.

use std::time::Instant;

use session_store::Store;
use session_store_sqlx::PostgresStore;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPoolOptions;

use crate::common::{self, handle, row};

const TASKS: u32 = 64;
const LOADS: u32 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run it with --release --ignored --nocapture"]
async fn loads_beside_bare_select() {
    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let options = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
    let pool = options.connect_lazy_with(common::connect_options(server.port()));
    let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap();
    store.migrate().await.unwrap();
    for number in 0..TASKS {
        store.create(&handle(number), &row(&[0; 450])).await.unwrap();
    }
    let select = format!("SELECT data FROM \"{table}\" WHERE handle = $1").leak();
    let bare = |number| {
        let (pool, select) = (pool.clone(), &*select);
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
    for _ in 0..5 {
        let mut rates = Vec::new();
        for kind in ["bare", "store"] {
            let start = Instant::now();
            let tasks = (0..TASKS).map(|number| if kind == "bare" { bare(number) } else { load(number) });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
            rates.push(f64::from(TASKS * LOADS) / start.elapsed().as_secs_f64());
        }
        println!("bare SELECT {:.0}/s, store {:.0}/s, ratio {:.2}", rates[0], rates[1], rates[1] / rates[0]);
    }
}
