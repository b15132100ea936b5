//! The text of docs/stores-benchmark.md, and its plot.

use std::fmt::{Display, Write};

use session_store::MemoryStore;

use super::measure::{MANY, ONE};
use super::memory::{BYTES, Memory, SESSIONS};
use super::results::{Measured, Results, median, ratio};
use super::round_trips::Traffic;
use crate::applications::stores::{
    ACTIX_THREADS, CONNECTIONS, Engine, Kind, PEER_REDIS_CONNECTIONS, PostgresSetting, SIZE, TASKS,
};
use crate::plot::{self, Bar, Panel};
use crate::subject::{JOBS, Job};

/// Load average above which other programs have slowed down the measurements.
const BUSY: f64 = 3.0;

/// Where and when the benchmark ran.
pub(super) struct Setting {
    pub(super) when: String,
    /// The load average of the last minute before the benchmark.
    pub(super) load: f64,
    /// Worker threads of the applications in axum.
    pub(super) threads: u8,
    /// The version of Redis.
    pub(super) redis: String,
    pub(super) postgres: PostgresSetting,
}

const ENGINES: [(Engine, &str); 3] =
    [(Engine::Redis, "Redis"), (Engine::Postgres, "PostgreSQL"), (Engine::Memory, "memory")];

pub(super) fn text(results: &Results, memory: &Memory, setting: &Setting) -> String {
    let load = setting.load;
    let mut text = head(results.rounds, setting);
    let busy = if load > BUSY {
        "Other programs used the machine at the same time, so rely on the ratios only."
    } else {
        "Little else ran on the machine."
    };
    let _ = writeln!(text, "The load average was {load:.1} before the run. {busy}\n");
    text += &with_tasks(TABLE);
    for (engine, _) in ENGINES {
        for measured in results.measured.iter().filter(|measured| measured.engine == engine) {
            row(measured, &mut text);
        }
    }
    text += COMMANDS;
    for (engine, _) in &ENGINES[..2] {
        for measured in results.measured.iter().filter(|measured| measured.engine == *engine) {
            let commands = cells(|job| traffic(measured, job).commands, 1);
            let _ = writeln!(text, "| {} | {commands} |", measured.name);
        }
    }
    text += &with_tasks(CPU);
    for (engine, _) in ENGINES {
        for measured in results.measured.iter().filter(|measured| measured.engine == engine) {
            let own = cells(|job| median(&measured.cpu[job]), 1);
            let server = cells(|job| median(&measured.server_cpu[job]), 1);
            let _ = writeln!(text, "| {} | {own} | {server} |", measured.name);
        }
    }
    text += &with_tasks(RATIOS);
    for (engine, _) in ENGINES {
        let ours = results.ours(engine);
        let kinds = [Kind::Ours, Kind::Peer, Kind::Tuned, Kind::Bare, Kind::Revocable];
        for other in kinds
            .into_iter()
            .flat_map(|kind| results.of(engine, kind))
            .filter(|other| other.name != ours.name)
        {
            let one = cells(|job| ratio(&other.one[job], &ours.one[job]), 2);
            let many = cells(|job| ratio(&ours.many[job], &other.many[job]), 2);
            let _ = writeln!(text, "| {} | {one} | {many} |", other.name);
        }
    }
    text += TARGETS;
    targets(results, &mut text);
    text += WHERE_THE_TIME_GOES;
    let Memory { before, full, end } = memory;
    let bound = MemoryStore::DEFAULT_MAX_ROWS;
    let _ = write!(
        text,
        "\n## Memory\n\n{SESSIONS} sessions of {BYTES} bytes were created in a `MemoryStore` with its default bound of \
         {bound} rows. The process had {before} KiB in memory before, {full} KiB after {} sessions, and {end} KiB at \
         the end.\n",
        2 * bound
    );
    text
}

/// Returns the first part of the document.
fn head(rounds: usize, setting: &Setting) -> String {
    let Setting { when, threads, redis, postgres, .. } = setting;
    let values: [(&str, &dyn Display); 13] = [
        ("{when}", when),
        ("{rounds}", &rounds),
        ("{size}", &SIZE),
        ("{tasks}", &TASKS),
        ("{one}", &ONE.as_millis()),
        ("{many}", &MANY.as_millis()),
        ("{threads}", threads),
        ("{actix_threads}", &ACTIX_THREADS),
        ("{redis}", redis),
        ("{peer_redis_connections}", &PEER_REDIS_CONNECTIONS),
        ("{postgres}", &postgres.version),
        ("{max_connections}", &postgres.max_connections),
        ("{connections}", &CONNECTIONS),
    ];
    values.iter().fold(HEAD.to_owned(), |text, (name, value)| text.replace(name, &value.to_string()))
}

fn with_tasks(text: &str) -> String {
    text.replace("{tasks}", &TASKS.to_string())
}

fn row(measured: &Measured, text: &mut String) {
    let round_trips = cells(|job| traffic(measured, job).round_trips, 1);
    let one = cells(|job| median(&measured.one[job]), 1);
    let many = cells(|job| median(&measured.many[job]), 0);
    let _ = writeln!(text, "| {} | {round_trips} | {one} | {many} |", measured.name);
}

/// Returns the traffic of a job, with NaN for both counts if the subject lacks the job.
fn traffic(measured: &Measured, job: usize) -> Traffic {
    match measured.one[job].is_empty() {
        true => Traffic { round_trips: f64::NAN, commands: f64::NAN },
        false => measured.traffic[job],
    }
}

/// Returns the table cells of all jobs, with a dash for a job that the subject lacks.
fn cells(value: impl Fn(usize) -> f64, digits: usize) -> String {
    let cell = |job: usize| match value(job) {
        value if value.is_nan() => "–".to_owned(),
        value => format!("{value:.digits$}"),
    };
    let cells: [String; JOBS] = std::array::from_fn(cell);
    cells.join(" | ")
}

fn targets(results: &Results, text: &mut String) {
    let mut target = |what: &str, measured: String, is_met: bool| {
        let verdict = if is_met { "met" } else { "**missed**" };
        let _ = writeln!(text, "| {what} | {measured} | {verdict} |");
    };
    let servers = &ENGINES[..2];
    for &(engine, name) in servers {
        let counted = results.ours(engine).traffic.map(|traffic| traffic.round_trips);
        let is_met = counted.iter().zip([0.0, 1.0, 2.0]).all(|(counted, most)| *counted < most + 0.05);
        let what = format!("{name}: round trips untouched 0, read 1, write 2");
        target(&what, cells(|job| counted[job], 2).replace(" |", ","), is_met);
    }
    if let Some(revocable) = results.of(Engine::Redis, Kind::Revocable).next() {
        let most = revocable.traffic.iter().map(|traffic| traffic.round_trips).fold(0.0, f64::max);
        target(
            "revocable cookie: no round trip in the steady state",
            format!("{most:.3} at most"),
            most < 0.05,
        );
    }
    let least = [[1.5, 1.5], [1.3, 2.0]];
    for (&(engine, name), least) in servers.iter().zip(least) {
        for (job, least) in [Job::Read, Job::Write].into_iter().zip(least) {
            let what = format!(
                "{name}, {}: at least {least} × as many concurrent requests as the best peer",
                job.name()
            );
            for (ours, ratio, peer) in results.over_best_peer(engine, job) {
                target(&what, format!("{ours}: {ratio:.2} × {peer}"), ratio >= least);
            }
        }
    }
    for &(engine, name) in servers {
        for (us, bare) in results.over_bare(engine, Job::Read) {
            let what = format!("{name}, read: at most 10 µs more than {bare}");
            target(&what, format!("{us:.1} µs"), us <= 10.0);
        }
    }
}

/// Draws a bar chart of the requests per second, with [`TASKS`] concurrent requests and sessions in Redis and in
/// PostgreSQL.
pub(super) fn plot(results: &Results, setting: &Setting) -> String {
    let mut panels = Vec::new();
    for (engine, name) in &ENGINES[..2] {
        for job in [Job::Read, Job::Write] {
            let measured = results.measured.iter().filter(|measured| measured.engine == *engine);
            let bars = measured.filter(|measured| measured.kind != Kind::Revocable).map(|measured| Bar {
                name: measured.name.to_owned(),
                value: median(&measured.many[job as usize]),
                is_ours: measured.kind == Kind::Ours,
            });
            panels.push(Panel { name: format!("{name}, {}", job.name()), bars: bars.collect() });
        }
    }
    let title = format!("Requests a second, {TASKS} at once, with sessions of {SIZE} bytes in a store");
    plot::draw(&title, &format!("{}; longer is better", setting.when), &panels, 0)
}

const HEAD: &str = "# Stores compared with other libraries

Time of a request whose session of {size} bytes is in a store, and number of such requests per second: medians of {rounds}
rounds of one run. Written by `cargo xtask bench stores`; {when}.

All applications run in one process and use the same servers on the same machine: Redis {redis} without persistence, and
PostgreSQL {postgres} with `fsync` on, its data in the temporary folder, and {max_connections} `max_connections`. The other settings
that affect the speed of PostgreSQL are as shipped. Requests are function calls: they reach an application without a
network connection. The applications, Redis and PostgreSQL share the cores.

*Untouched*: the handler takes no session. *Read*: it reads the counter. *Read, change, write*: it increments the
counter. The applications take turns: {one} milliseconds with one request at a time, then {many} milliseconds with {tasks}
tasks. Each task has its own session, and sends its next request when it has the response to the previous one. A proxy
counts the round trips. A round trip begins when the client sends bytes for the first time, or for the first time since
the server sent some. The count includes round trips for which the request does not wait, such as a ping on a connection
that returns to a pool.

- Ours are in axum, on {threads} worker threads. Redis has one connection, PostgreSQL a pool of {connections} with
  `test_before_acquire(false)`. With Redis, ours are in actix-web as well. As in [Compared with other
  libraries](peers.md), ours have a long `reissue_time`, because the others write nothing when a session is only read.
- tower-sessions is in axum on the same threads, with the stores that are published for it. As in their READMEs, Redis
  has {peer_redis_connections} connections, PostgreSQL the default pool of {connections}, and the cookie is not signed.
- actix-session is in actix-web. As in its README, the main thread connects to Redis, and the applications on
  {actix_threads} other threads share this connection. With *a connection per thread*, each application creates its own store. Ours in
  actix-web are set up as in that README, but our store opens a connection for each thread.
- *Bare* is the client library of our store without an application: a `GET`, or a `SELECT` by primary key, of as many
  bytes as a session has. *Read, change, write* adds a `SET` or an `UPDATE`. One client for PostgreSQL has {connections}
  connections, and each task keeps to one of them. The other client uses sqlx's pool with the settings of ours.
- The revocable cookie holds the encrypted session. The application usually asks Redis about each session once per
  `max_stale`, which has its default.

The stores do not do the same work. A write of a peer replaces what the store holds, so the last of two concurrent
requests wins. A write of ours replaces only the version that the request has loaded. In Redis a script checks the
version, in PostgreSQL a condition of the `UPDATE`.

For the versions, see `benches-peers/Cargo.lock`. ";

const TABLE: &str = "![Requests a second as a bar chart](stores-benchmark.svg)

| | round trips: untouched | read | read, change, write | µs one at a time: untouched | read | read, change, write \
| requests a second, {tasks} at once: untouched | read | read, change, write |
|---|---|---|---|---|---|---|---|---|---|
";

const COMMANDS: &str = "
## Commands

Commands or statements per request, counted by the same proxy. A pipeline sends several in one round trip.

| | untouched | read | read, change, write |
|---|---|---|---|
";

const CPU: &str = "
## CPU time

Microseconds of CPU time for one of {tasks} concurrent requests. Load from other programs changes these figures less than
the others.

| | application: untouched | read | read, change, write | servers: untouched | read | read, change, write |
|---|---|---|---|---|---|---|
";

const TARGETS: &str = "
## Targets

A difference in µs is the median of the differences in all rounds, and not the difference between two medians of the
first table.

| target | measured | |
|---|---|---|
";

/// Findings from November 2026, in the past tense, because a later run may show something else.
const WHERE_THE_TIME_GOES: &str = "
## Where the time went in November 2026

This section is not measured by `cargo xtask bench stores`. Its figures are from several runs in November 2026 on 2 cores
of AMD EPYC, so they differ from the tables. They come from `perf record target/peers/release/benches-peers stores --only
'signed-session, RedisStore' --seconds 12` and from `INFO commandstats`.

- *Redis, reading.* A task sent the commands of concurrent requests in pipelines. The application then
  took 0.6 of the CPU time of actix-session in actix-web, and 0.9 to 1.45 times that time in axum. An earlier version,
  with one `writev` for each command, took twice the CPU time of the version with pipelines.
- *Redis, writing.* In a long pipeline, our script took the server 4.5 µs, and a `SET` 0.5 µs. A script that only
  compared the version and set the value took 3.6 µs. So most of the difference was the price of a script. The peers have
  none, and overwrite the changes of others.
- *The targets on Redis.* The bare client served 1.8 times as many reads as actix-session set up as in its README, and
  1.7 times as many writes. It checks no cookie and decodes no session, so little room was left for a factor of 1.5. For
  reads, ours in actix-web came close. Writes could not: at 1.5 times the writes of actix-session, the two cores had
  9.6 µs for each write. Redis with our script took 6.0 µs, and the bare client 4.5 µs: together more than that.
- *PostgreSQL, writing.* Each commit waited for the disk, also the commit of the bare `UPDATE`. With 10 connections, at
  most 10 commits waited at the same time. If calls waited for a connection, ours replaced up to 32 rows in one commit.
";

const RATIOS: &str = "
## Compared with ours

*Ours* is signed-session in axum with `RedisStore`, `PostgresStore` or `MemoryStore`, depending on the row's engine. The
revocable cookie is compared with `RedisStore`. *One at a time*: the row's time for a request, divided by ours. *{tasks}
at once*: our requests per second, divided by the row's. Above 1, ours is faster. Each figure is the median of the ratios
of all rounds, so load on the machine matters less.

| | one at a time: untouched | read | read, change, write | {tasks} at once: untouched | read | read, change, write |
|---|---|---|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_placeholders_are_replaced() {
        let postgres = PostgresSetting { version: "15.1".to_owned(), max_connections: "99".to_owned() };
        let (when, redis) = ("today".to_owned(), "7.0".to_owned());
        let head = head(3, &Setting { when, load: 0.0, threads: 4, redis, postgres });
        assert!(head.contains("on 4 worker threads") && head.contains("99 `max_connections`"), "{head}");
        let tables = [with_tasks(TABLE), with_tasks(CPU), with_tasks(RATIOS)];
        let rest = [COMMANDS, TARGETS, WHERE_THE_TIME_GOES].map(str::to_owned);
        for text in tables.into_iter().chain(rest).chain([head]) {
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
}
