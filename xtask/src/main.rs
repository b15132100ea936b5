//! Everything a contributor runs: `cargo xtask --help`.

mod bench;
mod coverage;
mod debian;
mod e2e;
mod fuzz;
mod lint;
mod mutants;
mod python;
mod sh;
mod test;
mod tool;
mod vectors;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::Workspace;

/// Everything a contributor runs.
///
/// Each command prints the command lines it runs, stops at the first one that fails, and closes with one line
/// that says what passed. All of it works from any folder of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every test, example and benchmark and, briefly, the fuzz targets; count the instructions of the core paths;
    /// exchange cookies with a live Pyramid, and use the servers among the examples in a browser.
    ///
    /// The first run installs the pinned Pyramid into `python/` in Cargo's target folder; later runs reuse it until
    /// session-tests/pyramid/requirements.txt changes. The browser tests need Node with npm, Chromium, nginx and
    /// OpenSSL, and counting needs valgrind; root on Debian gets what is missing installed. What cannot run because
    /// something is missing is skipped, loudly; with CI=true in the environment that is a failure instead.
    Test,
    /// Check everything that can be judged without running it.
    ///
    /// The crates know only whom they may know; versions in the READMEs are those of the manifests, and files and
    /// functions that documents name are there; rustfmt and clippy are clean, also in fuzz/ and benches-peers/, and
    /// rustdoc is; and each crate builds by itself with no feature, with each single one, and with all. Dependencies
    /// have a licence and a source that deny.toml allows, ask for no later Rust than we do, and the published crates
    /// build with the oldest ones that their manifests allow. Files of more than 400 lines are listed, but are no
    /// failure.
    ///
    /// cargo-deny is installed into Cargo's target folder if it is missing, and old dependencies are downloaded.
    Lint,
    /// Run `lint`, then `test`: what has to pass before a change is merged.
    Ci,
    /// Mint the golden vectors in session-tests/vectors anew, with the pinned Pyramid.
    ///
    /// Needed after a change to session-tests/pyramid; `test` fails while the vectors are out of date.
    Vectors,
    /// Measure how fast we are, beside what cannot be beaten, beside our peers and beside ourselves of before.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Measure which lines of six crates the tests run; fails below 95 % in any of them.
    ///
    /// Needs LLVM's tools in the compiler's version, such as Debian's package llvm-22.
    Coverage,
    /// Change six crates in small ways, and count which changes their tests notice; fails below 95 % in any.
    ///
    /// Takes an hour or more. cargo-mutants is installed into Cargo's target folder if it is missing. See
    /// docs/mutants.md.
    Mutants(mutants::Args),
    /// Look for inputs that break a promise, with the fuzz targets in fuzz/.
    ///
    /// Guided by coverage, on a stable compiler. Inputs that reach something new are kept in `fuzz/corpus/` in Cargo's
    /// target folder, and one that fails in fuzz/artifacts. See docs/fuzzing.md.
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    match run(&Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> sh::Result {
    let workspace = Workspace::enter()?;
    match task {
        Task::Test => test::run(&workspace),
        Task::Lint => lint::run(&workspace),
        Task::Ci => lint::run(&workspace).and_then(|()| test::run(&workspace)),
        Task::Vectors => vectors::run(&workspace),
        Task::Bench(bench) => bench::run(&workspace, bench),
        Task::Coverage => coverage::run(&workspace),
        Task::Mutants(args) => mutants::run(&workspace, args),
        Task::Fuzz(args) => fuzz::run(&workspace, args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
