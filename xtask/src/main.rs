//! Everything a contributor runs: `cargo xtask --help`.

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

/// Everything a contributor runs.
///
/// Each command prints the command lines it runs and stops at the first one that fails. `test`, `lint` and `ci` end with
/// a table of their stages. All commands work in any folder of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the tests of all crates, with a live Pyramid, the examples, and the example servers in a browser.
    ///
    /// The first run installs the pinned Pyramid into Cargo's target folder; later runs reuse it until
    /// session-tests/pyramid/requirements.txt changes. The browser tests need Node with npm, Chromium, nginx and
    /// OpenSSL. What cannot run because a program is missing is skipped with a warning; with CI=true in the
    /// environment, that is a failure.
    Test(Install),
    /// Check formatting, lints, documentation, architecture, features and dependencies, without running tests.
    ///
    /// Checks that crates have no other dependencies than they may have, and that no files of a crate use each other in a
    /// circle; that the versions, files and functions that documents name exist; rustfmt, clippy (also in fuzz/ and
    /// benches-peers/) and rustdoc; that each crate builds with no feature, with each single one, and with all; the
    /// licences, sources, advisories and Rust versions of dependencies; and that the published crates build with the
    /// oldest dependencies that their manifests allow. Files of more than 400 lines are listed, but are not a failure.
    ///
    /// Installs cargo-deny into Cargo's target folder if it is missing, and downloads old dependencies.
    Lint,
    /// Run everything that has to pass before a change is merged: `lint`, `test`, and more.
    ///
    /// Also runs the tests of session-core with serde_json/arbitrary_precision, each benchmark once, and each fuzz target
    /// on 20 000 inputs, and compares the instruction counts of the core paths with docs/instructions.md, for which it
    /// needs valgrind.
    Ci(ci::Args),
    /// Mint the golden vectors in session-tests/vectors, with the pinned Pyramid.
    ///
    /// Needed after a change to session-tests/pyramid; `test` fails while the vectors are out of date.
    Vectors,
    /// Measure the speed: `instructions`; and `limit`, `peers`, `http` and `scale`, which are in benches-peers/.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Measure which lines of the published libraries their tests run; fails below 95 % in any of them.
    ///
    /// Needs LLVM's tools in the compiler's version, such as Debian's package llvm-22.
    Coverage,
    /// Change the published libraries in small ways, and count which changes their tests notice; fails below 95 % in
    /// any of them.
    ///
    /// Takes an hour or more. Installs cargo-mutants into Cargo's target folder if it is missing. See docs/mutants.md.
    Mutants(mutants::Args),
    /// Look for inputs that break a promise, with the fuzz targets in fuzz/.
    ///
    /// Guided by coverage, on a stable compiler. Keeps inputs that reach new code in `fuzz/corpus/` in Cargo's target
    /// folder, and inputs that fail in fuzz/artifacts. See docs/fuzzing.md.
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

/// Runs a command and prints the table of its stages, also if one fails.
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
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
