//! `cargo xtask fuzz`: the targets in `fuzz/`, guided by coverage on a stable compiler.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::missing::or_skip;
use crate::python::Pyramid;
use crate::sh::{Result, Sh};
use crate::workspace::{Workspace, remove_folder};

pub(crate) const MANIFEST: &str = "fuzz/Cargo.toml";
const TARGETS: &str = "fuzz/fuzz_targets";

/// The corpora in the repository: a folder for each target, with inputs from which the search starts.
const CORPUS: &str = "fuzz/corpus";

/// Flags that instrument the code for coverage, as cargo-fuzz passes them. Its flags for sanitizers are left out,
/// because they need a nightly compiler.
const RUSTFLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Limits: seconds for one input, MiB of memory, and bytes of an input. Browsers accept cookies of up to 4096 bytes.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"];

/// Name suffix of the targets that compare the results of our code with those of Python.
const WITH_PYTHON: &str = "_python";

/// Which targets to run, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Targets to run [default: all]
    targets: Vec<String>,

    /// Seconds to run each target.
    #[arg(long, default_value_t = 10)]
    seconds: u32,

    /// Run each target on 20 000 inputs, beginning with its corpus.
    #[arg(long, conflicts_with_all = ["targets", "seconds"])]
    smoke: bool,

    /// Arguments for libFuzzer, such as an input to run again. They replace the default arguments and need a single
    /// target.
    #[arg(last = true)]
    libfuzzer: Vec<OsString>,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result {
    if args.smoke {
        return smoke(workspace);
    }
    let fuzzer = Fuzzer::build(workspace, &args.targets)?;
    if args.libfuzzer.is_empty() {
        return fuzzer.search(args.seconds);
    }
    match &*fuzzer.targets {
        [target] => fuzzer.sh(target).args(&args.libfuzzer).run(),
        _ => Err("arguments for libFuzzer need a single target; name one".to_owned()),
    }
}

/// Runs each target on 20 000 inputs, beginning with its corpus. Each target takes seconds.
pub(crate) fn smoke(workspace: &Workspace) -> Result {
    Fuzzer::build(workspace, &[])?.smoke()
}

/// The built targets.
struct Fuzzer {
    targets: Vec<String>,
    /// The folder with one program for each target.
    programs: PathBuf,
    /// The folder for inputs that a search finds.
    found: PathBuf,
}

impl Fuzzer {
    fn build(workspace: &Workspace, names: &[String]) -> Result<Self> {
        let targets = choose(names, known_targets()?)?;
        let host = host()?;
        let folder = workspace.target.join("fuzz");
        // With `--target`, Cargo does not pass `RUSTFLAGS` to build scripts and procedural macros. These are not linked
        // to libFuzzer, so they would lack the symbols that the flags require.
        let build = ["build", "--release", "--manifest-path", MANIFEST, "--target", &host, "--target-dir"];
        let mut build = Sh::cargo().args(build).args([&folder]).env("RUSTFLAGS", RUSTFLAGS);
        for target in &targets {
            build = build.args(["--bin", target]);
        }
        build.run().map_err(|error| format!("{error}\nFuzzing needs a C++ compiler to build libFuzzer."))?;
        Ok(Self { targets, programs: folder.join(host).join("release"), found: folder.join("corpus") })
    }

    fn smoke(&self) -> Result {
        let scratch = self.found.with_file_name("smoke");
        remove_folder(&scratch)?;
        // With a fixed seed, another run of the same commit tests the same inputs.
        let workers = thread::available_parallelism().map_or(1, usize::from);
        self.each(&scratch, &["-runs=20000", "-seed=1", "-verbosity=0"], workers)
    }

    fn search(&self, seconds: u32) -> Result {
        self.each(&self.found, &[&format!("-max_total_time={seconds}"), "-print_final_stats=1"], 1)
    }

    /// Runs each target, beginning with its corpus. Up to `workers` targets run at the same time. Inputs that reach new
    /// code are kept in `found`.
    fn each(&self, found: &Path, options: &[&str], workers: usize) -> Result {
        let targets = Mutex::new(self.targets.iter());
        let next = || targets.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || -> Result {
            while let Some(target) = next() {
                self.one(target, found, options)?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let mut outcomes =
                workers.into_iter().map(|worker| worker.join().expect("a worker never panics"));
            outcomes.try_for_each(|outcome| outcome)
        })?;
        println!("\nxtask fuzz: passed: {}", self.targets.join(", "));
        Ok(())
    }

    fn one(&self, target: &str, found: &Path, options: &[&str]) -> Result {
        let found = found.join(target);
        let corpus = Path::new(CORPUS).join(target);
        for folder in [&found, &corpus] {
            fs::create_dir_all(folder)
                .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        }
        self.sh(target).args(LIMITS).args(options).args([found, corpus]).run()
    }

    fn sh(&self, target: &str) -> Sh {
        let artifacts = format!("fuzz/artifacts/{target}/");
        // libFuzzer does not create the folder, and without it a failing input would be lost.
        let _ = fs::create_dir_all(&artifacts);
        Sh::new(self.programs.join(target)).args([format!("-artifact_prefix={artifacts}")])
    }
}

/// Returns the targets in `names`, or all targets if `names` is empty. If `names` is empty and Python is missing,
/// leaves out the targets that need Python. With `CI=true`, returns an error instead.
fn choose(names: &[String], known: Vec<String>) -> Result<Vec<String>> {
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(format!("there is no target {name:?}; choose from {}", known.join(", ")));
    }
    if !names.is_empty() {
        return Ok(names.to_vec());
    }
    // The interpreter that the targets start.
    let python = env::var_os(Pyramid::Current.variable()).unwrap_or_else(|| "python3".into());
    let python = Sh::new(python).args(["--version"]).read();
    match or_skip("the fuzz targets that compare with Python", python)? {
        Some(_) => Ok(known),
        None => Ok(known.into_iter().filter(|target| !target.ends_with(WITH_PYTHON)).collect()),
    }
}

fn known_targets() -> Result<Vec<String>> {
    let entries = fs::read_dir(TARGETS).map_err(|error| format!("cannot list {TARGETS}: {error}"))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let stems = files.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()));
    let mut targets: Vec<String> = stems.collect();
    targets.sort();
    Ok(targets)
}

/// Returns the compiler's host platform.
fn host() -> Result<String> {
    let version = Sh::new("rustc").args(["-vV"]).read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` shows no host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_target_is_refused() {
        let known = || vec!["cookie_header".to_owned(), "set_cookie".to_owned()];
        assert_eq!(choose(&["set_cookie".into()], known()), Ok(vec!["set_cookie".into()]));
        let error = choose(&["cookies".into()], known()).unwrap_err();
        assert_eq!(error, r#"there is no target "cookies"; choose from cookie_header, set_cookie"#);
    }

    #[test]
    fn host_is_this_platform() {
        assert!(host().unwrap().contains(std::env::consts::ARCH));
    }
}
