//! `cargo xtask bench stores`: compares our sessions in a store with those of other libraries, on the same servers.

mod document;
mod measure;
mod memory;
mod results;
mod round_trips;
mod wire;

use std::fs;
use std::time::Duration;

use session_tests::servers::{PostgresServer, RedisServer};
use tokio::runtime::Builder;

use self::document::Setting;
use crate::applications::stores::{self, Ports};
use crate::machine;
use crate::sh::Result;
use crate::subject::Job;

const DOCUMENT: &str = "docs/stores-benchmark.md";
const PLOT: &str = "docs/stores-benchmark.svg";

pub(crate) fn run(seconds: u32, only: Option<(&str, Option<Job>)>, threads: u8) -> Result {
    let load = machine::load()?;
    let redis = RedisServer::start().ok_or("this benchmark needs Redis")?;
    // `fsync` is on by default in PostgreSQL, but `PostgresServer` turns it off for tests.
    let postgres =
        PostgresServer::start_with(&["-c", "fsync=on"]).ok_or("this benchmark needs PostgreSQL")?;
    let ports = Ports { redis: redis.port(), postgres: postgres.port() };
    let runtime = Builder::new_multi_thread().worker_threads(threads.into()).enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start a runtime: {error}"))?;

    if let Some((name, job)) = only {
        let subjects = runtime.block_on(stores::all(ports));
        return measure::print(&subjects, name, job, Duration::from_secs(seconds.into()));
    }
    eprintln!("\n==> A million sessions in memory.");
    let memory = runtime.block_on(memory::measure())?;
    eprintln!("==> Round trips.");
    let traffic = round_trips::count(&runtime, ports);
    let subjects = runtime.block_on(stores::all(ports));
    let results = measure::measure(&subjects, traffic, Duration::from_secs(seconds.into()))?;

    let setting = Setting {
        when: machine::when()?,
        load,
        threads,
        redis: version(&redis.command(&[b"INFO", b"server"])),
        postgres: runtime.block_on(stores::postgres_setting(ports)),
    };
    let text = document::text(&results, &memory, &setting);
    for (path, text) in [(DOCUMENT, &text), (PLOT, &document::plot(&results, &setting))] {
        fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))?;
    }
    println!("{text}");
    Ok(())
}

/// Returns the version of Redis from its reply to `INFO`.
fn version(info: &str) -> String {
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    version.unwrap_or("of an unknown version").trim().to_owned()
}
