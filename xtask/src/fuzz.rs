//! `cargo xtask fuzz`: the targets in `fuzz/`, guided by coverage on a stable compiler.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::missing::or_skip;
use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

pub(crate) const MANIFEST: &str = "fuzz/Cargo.toml";
const TARGETS: &str = "fuzz/fuzz_targets";

/// Inputs that are known to reach something; part of the repository.
const CORPUS: &str = "fuzz/corpus";

/// What cargo-fuzz passes to a nightly compiler, but for the sanitizers, which are what needs one.
const RUSTFLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Seconds for one input, MiB of memory, and bytes of an input: browsers take cookies of 4096 bytes.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"];

/// The end of the names of those that compare with Python.
const WITH_PYTHON: &str = "_python";

/// What is to be fuzzed, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The targets; all if none is named.
    targets: Vec<String>,

    /// How long to run each target.
    #[arg(long, default_value_t = 10)]
    seconds: u32,

    /// Run all targets on 20 000 inputs each, their corpora first.
    #[arg(long, conflicts_with_all = ["targets", "seconds"])]
    smoke: bool,

    /// Give libFuzzer these arguments alone, such as an input to run again; with one target.
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
        _ => Err("arguments for libFuzzer are for one target: name it".to_owned()),
    }
}

/// Runs all targets on 20 000 inputs each, which takes seconds: their corpora first.
pub(crate) fn smoke(workspace: &Workspace) -> Result {
    Fuzzer::build(workspace, &[])?.smoke()
}

/// Targets that are built.
struct Fuzzer {
    targets: Vec<String>,
    /// Where their programs are.
    programs: PathBuf,
    /// Where what they find is kept.
    found: PathBuf,
}

impl Fuzzer {
    fn build(workspace: &Workspace, names: &[String]) -> Result<Self> {
        let targets = choose(names, known_targets()?)?;
        let host = host()?;
        let folder = workspace.target.join("fuzz");
        // With `--target`, the flags are not for build scripts and macros, which have no libFuzzer to link to.
        let build = ["build", "--release", "--manifest-path", MANIFEST, "--target", &host, "--target-dir"];
        let mut build = Sh::cargo().args(build).args([&folder]).env("RUSTFLAGS", RUSTFLAGS);
        for target in &targets {
            build = build.args(["--bin", target]);
        }
        build.run().map_err(|error| format!("{error}\nFuzzing needs a C++ compiler, for libFuzzer."))?;
        Ok(Self { targets, programs: folder.join(host).join("release"), found: folder.join("corpus") })
    }

    fn smoke(&self) -> Result {
        let scratch = self.found.with_file_name("smoke");
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("cannot remove {}: {error}", scratch.display()));
            }
            _ => {}
        }
        self.each(&scratch, &["-runs=20000", "-verbosity=0"])
    }

    fn search(&self, seconds: u32) -> Result {
        self.each(&self.found, &[&format!("-max_total_time={seconds}"), "-print_final_stats=1"])
    }

    /// Runs each target from the corpus on, and has it keep in `found` what reaches more.
    fn each(&self, found: &Path, options: &[&str]) -> Result {
        for target in &self.targets {
            let found = found.join(target);
            let corpus = Path::new(CORPUS).join(target);
            for folder in [&found, &corpus] {
                fs::create_dir_all(folder)
                    .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
            }
            self.sh(target).args(LIMITS).args(options).args([found, corpus]).run()?;
        }
        println!("\nxtask fuzz: passed: {}", self.targets.join(", "));
        Ok(())
    }

    fn sh(&self, target: &str) -> Sh {
        let artifacts = format!("fuzz/artifacts/{target}/");
        // libFuzzer does not make it, and without it an input that fails would be lost.
        let _ = fs::create_dir_all(&artifacts);
        Sh::new(self.programs.join(target)).args([format!("-artifact_prefix={artifacts}")])
    }
}

/// Those of the names, or all that can be run.
fn choose(names: &[String], known: Vec<String>) -> Result<Vec<String>> {
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(format!("there is no target {name:?}, only {}", known.join(", ")));
    }
    if !names.is_empty() {
        return Ok(names.to_vec());
    }
    let python = Sh::new("python3").args(["--version"]).read();
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

/// The compiler's own platform.
fn host() -> Result<String> {
    let version = Sh::new("rustc").args(["-vV"]).read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV names no host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_targets_that_are_named() {
        let known = || vec!["cookie_header".to_owned(), "set_cookie".to_owned()];
        assert_eq!(choose(&["set_cookie".into()], known()), Ok(vec!["set_cookie".into()]));
        let error = choose(&["cookies".into()], known()).unwrap_err();
        assert_eq!(error, r#"there is no target "cookies", only cookie_header, set_cookie"#);
    }

    #[test]
    fn knows_the_platform() {
        assert!(host().unwrap().contains(std::env::consts::ARCH));
    }
}
