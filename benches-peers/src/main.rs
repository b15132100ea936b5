//! Measures the speed of our sessions: compared with the unavoidable work, compared with other libraries (the *peers*),
//! over HTTP, at scale, and in stores. `cargo xtask bench` runs this program in the root of the repository.
//!
//! Each application uses the sessions of one library, and has a route for each [`Job`]. For the comparison with peers,
//! the application runs in process, through its own framework, on one thread. The bare framework, a router with a
//! handler that does nothing, is measured as well, and its time is subtracted. The *subjects*, which are the
//! applications and the bare frameworks, take turns in short batches, so that other load on the machine affects all of
//! them. The result is the first decile of the batches; see `measure`. The same applications run as servers for the
//! comparison over HTTP.

mod applications;
mod commands;
mod data;
mod machine;
mod measure;
mod plot;
mod results;
mod server;
#[allow(dead_code, reason = "xtask uses all of it")]
#[path = "../../xtask/src/sh.rs"]
mod sh;
mod subject;
mod wrk;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use clap::{Parser, Subcommand, value_parser};

use crate::commands::{http, limit, peers, scale, stores};
use crate::measure::Cell;
use crate::sh::Result;
use crate::subject::{Job, Subject};

/// Measure the speed of signed-session. Do not use the machine for other work meanwhile.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare loading and saving a session with the unavoidable work on the same bytes: the MAC, or the AEAD with its
    /// random nonce; base64; and a scan (in a load) or a copy (in a save).
    Limit,
    /// Compare our library with others on the same requests; writes docs/peers.md and docs/peers.svg.
    ///
    /// Needs Python with venv and PyPI, for Pyramid and Flask. docs/peers.md names the C library that the benchmark ran
    /// with. To run it with another glibc, unpack that glibc into a folder, and set
    /// CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER to `FOLDER/ld-linux-x86-64.so.2 --library-path FOLDER`. The version
    /// matters, because `getrandom` makes no system call from glibc 2.41 and Linux 6.11 on.
    Peers {
        /// Seconds to measure the applications in Rust, and as many again for those in Python; at most 80. In a longer
        /// run, reads would re-issue the cookies, whose `reissue_time` is two minutes.
        #[arg(long, default_value_t = 60, value_parser = value_parser!(u32).range(..=80))]
        seconds: u32,
    },
    /// Measure the applications of `peers` as servers, and the example guestbook, with wrk; writes docs/http.md.
    Http {
        /// Seconds for each kind of request to each application, in rounds of a second. The whole run takes 60 times as
        /// long.
        #[arg(long, default_value_t = 15, value_parser = value_parser!(u32).range(1..))]
        seconds: u32,
    },
    /// Compare one thread with two, measure memory over millions of sessions, and time the search in headers with many
    /// cookies; writes docs/scale.md.
    ///
    /// Fails if memory grows by more than 3 % after the first tenth of the sessions. Needs Linux.
    Scale {
        /// Number of sessions to load, change and save while memory is measured.
        #[arg(long, default_value_t = 10_000_000)]
        sessions: u64,
        /// Seconds to compare one thread with two.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Compare our sessions in Redis, PostgreSQL and memory with those of other libraries; writes
    /// docs/stores-benchmark.md and docs/stores-benchmark.svg.
    ///
    /// Starts its own servers. Needs redis-server, PostgreSQL and Linux.
    Stores {
        /// Seconds to measure all applications and bare clients; at most 500. In a longer run, reads would record
        /// accesses in the store, because the `reissue_time` is ten minutes.
        #[arg(long, default_value_t = 240, value_parser = value_parser!(u32).range(..=500))]
        seconds: u32,
        /// Measure only the application or client with this name, and write no document. For a profiler.
        #[arg(long)]
        only: Option<String>,
        /// With `--only`: measure this job alone.
        #[arg(long, requires = "only")]
        job: Option<Job>,
        /// Worker threads of the applications in axum.
        #[arg(long, default_value_t = 2, value_parser = value_parser!(u8).range(1..))]
        threads: u8,
    },
    /// Serve one application on a free port of the loopback interface, and print the address.
    Serve {
        /// The name of the application, as in docs/peers.md or docs/http.md.
        name: String,
    },
    /// Send only the requests that one figure of docs/peers.md measures, for a profiler.
    Repeat {
        /// The name of the application, as in docs/peers.md or docs/http.md.
        name: String,
        /// `untouched`, `read` or `write`.
        job: Job,
        /// Bytes of state.
        bytes: usize,
        /// Number of requests.
        count: u32,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result {
    let system = actix_web::rt::System::new();
    match command {
        Command::Limit => limit::run(),
        Command::Stores { seconds, only, job, threads } => {
            stores::run(seconds, only.as_deref().map(|name| (name, job)), threads)
        }
        Command::Scale { sessions, seconds } => scale::run(sessions, seconds),
        Command::Peers { seconds } => peers::run(&applications::all(&system), seconds),
        Command::Http { seconds } => http::run(&applications::all(&system), seconds),
        Command::Serve { name } => {
            serve(find(applications::all(&system), &name)?).map_err(|error| format!("{name}: {error}"))
        }
        Command::Repeat { name, job, bytes, count } => {
            let subject = find(applications::all(&system), &name)?;
            Cell::new(subject.as_ref(), job, bytes).run(count);
            Ok(())
        }
    }
}

fn find<'a>(subjects: Vec<Box<dyn Subject + 'a>>, name: &str) -> Result<Box<dyn Subject + 'a>> {
    let subject = subjects.into_iter().find(|subject| subject.name() == name);
    subject.ok_or_else(|| {
        format!("there is no application {name:?}; docs/peers.md and docs/http.md list the names")
    })
}

fn serve(subject: Box<dyn Subject + '_>) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // Tokio requires a non-blocking listener.
    listener.set_nonblocking(true)?;
    println!("Listening on http://{}", listener.local_addr()?);
    subject.serve(listener)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    #[test]
    fn command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    /// Regression: in a long run, reads re-issued the cookie or recorded an access, so the times of reads were too
    /// high.
    #[test]
    fn run_that_reaches_reissue_time_is_refused() {
        let parse = |line: &str| super::Cli::try_parse_from(line.split(' ')).map(|_| ());
        for (accepted, refused) in
            [("peers --seconds 80", "peers --seconds 81"), ("stores --seconds 500", "stores --seconds 501")]
        {
            assert!(parse(&format!("bench {accepted}")).is_ok());
            let error = parse(&format!("bench {refused}")).unwrap_err().to_string();
            assert!(error.contains("is not in"), "{error}");
        }
    }
}
