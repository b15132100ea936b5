//! The commands for contributors; see `cargo xtask --help`.

mod bench;
mod ci;
mod coverage;
mod debian;
mod e2e;
mod fuzz;
mod instructions;
mod lint;
mod missing;
mod mutants;
mod python;
mod sh;
mod stages;
mod test;
mod tool;
mod vectors;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use debian::Install;
use stages::Stages;
use workspace::Workspace;

/// The commands for contributors.
///
/// Each command prints the command lines that it runs, except those whose output it reads, and stops at the first
/// failure. `test`, `lint` and `ci` end with a table of their stages. All commands work in any folder of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the tests of all crates, the examples, and the browser tests of the example servers.
    ///
    /// Some tests run Pyramid. The first run installs its two pinned versions into Cargo's target folder; later runs
    /// reuse a version until its requirements file in session-tests/pyramid changes. Some tests of stores need Redis,
    /// PostgreSQL or PgBouncer. The browser tests need Node with npm, Chromium or its headless shell, nginx and
    /// OpenSSL. If a program is missing, the tests that need it are skipped with a warning. With CI=true in the
    /// environment, a missing program is a failure.
    ///
    /// The tests of stores over TLS, the examples and the browser tests run at the same time as the tests of the
    /// crates, so their output is mixed.
    Test(Install),
    /// Check formatting, lints, documentation, architecture, features and dependencies, without running tests.
    ///
    /// Runs rustfmt, clippy and rustdoc. Runs rustfmt and clippy also in fuzz/, benches-peers/ and tls-tests/.
    ///
    /// Checks that each crate has only its allowed dependencies, that files of a crate do not use each other in a
    /// cycle, and that published crates include only files of their packages. Checks that READMEs name the current
    /// versions of our crates, that the files and functions that documents name exist, and that doc examples import
    /// from signed_session.
    ///
    /// Builds each crate with its default features, with none, with each single feature, and with all. Builds the
    /// published crates with the oldest dependencies that their manifests allow, and from their packages. Checks
    /// licences, sources, advisories and Rust versions of dependencies.
    ///
    /// Rust files of more than 400 lines are listed, but are not a failure. The command installs cargo-deny into
    /// Cargo's target folder if cargo-deny is missing, and downloads old dependencies.
    Lint,
    /// Run all checks that have to pass before a merge: `lint`, `test`, and more.
    ///
    /// In addition, this runs the integration tests of session-core with the feature arbitrary_precision of serde_json,
    /// each benchmark once, and each fuzz target on 20 000 inputs. It also compares the instruction counts of the core
    /// code paths with docs/instructions.md; this comparison needs valgrind. The fuzz targets and the instruction
    /// counts run at the same time as `lint`, so their output is mixed with that of `lint`.
    Ci(ci::Args),
    /// Mint the golden vectors in session-tests/vectors with the pinned Pyramid.
    ///
    /// Run this after a change in session-tests/pyramid. `test` fails while the vectors are out of date.
    Vectors,
    /// Measure the speed: `instructions`, or `limit`, `peers`, `http`, `scale` and `stores` in benches-peers/.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Measure the line coverage of the published libraries, except session-tests. Fails if the coverage of a library
    /// is below 95 %.
    ///
    /// Needs LLVM's tools in the compiler's LLVM version, such as Debian's package llvm-22.
    Coverage,
    /// Mutate the published libraries, except session-tests, and count the mutants that their tests catch. Fails if a
    /// library's tests catch less than 95 % of its mutants.
    ///
    /// Takes many hours for all libraries. Installs cargo-mutants into Cargo's target folder if cargo-mutants is
    /// missing. See docs/mutants.md.
    Mutants(mutants::Args),
    /// Search for failing inputs with the fuzz targets in fuzz/.
    ///
    /// The search is guided by coverage and works with a stable compiler. The command writes inputs that reach new code
    /// to `fuzz/corpus/` in Cargo's target folder, and failing inputs to fuzz/artifacts. See docs/fuzzing.md.
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
        Task::Test(install) => in_stages(|stages| test::run(&workspace, *install, stages)),
        Task::Lint => in_stages(|stages| lint::run(&workspace, stages)),
        Task::Ci(args) => in_stages(|stages| ci::run(&workspace, args, stages)),
        Task::Vectors => vectors::run(&workspace),
        Task::Bench(bench) => bench::run(&workspace, bench),
        Task::Coverage => coverage::run(&workspace),
        Task::Mutants(args) => mutants::run(&workspace, args),
        Task::Fuzz(args) => fuzz::run(&workspace, args),
    }
}

/// Runs a command and prints the table of its stages, even if a stage fails.
fn in_stages(command: impl FnOnce(&mut Stages) -> sh::Result) -> sh::Result {
    let mut stages = Stages::default();
    let result = command(&mut stages);
    println!("\n{stages}");
    result
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
