//! `cargo xtask bench instructions`: counts the instructions of code paths and compares the counts with
//! docs/instructions.md.

mod baseline;

use std::path::PathBuf;
use std::{env, fs};

use crate::debian::{self, Install, Program};
use crate::missing::or_skip;
use crate::sh::{Result, Sh};
use crate::stages::Stages;
use crate::workspace::{Workspace, executables, read_text};
use baseline::{BLESS, Counts, DOCUMENT, Row};

/// The benchmark of signed-session whose instructions are counted.
const BENCH: &str = "instructions";

/// How often a run repeats a code path. The number is so large that instructions outside the path, such as those that
/// parse the arguments, hardly change the count per repeat. The repeats take a fraction of a second.
const TIMES: u64 = 1000;

/// Counts instructions and compares the counts with docs/instructions.md. With `bless`, writes that document instead.
pub(crate) fn run(workspace: &Workspace, bless: bool) -> Result {
    debian::provide(&VALGRIND, Install::default())?;
    let counter = Counter::new(workspace)?;
    if bless {
        let counts = counter.count()?;
        println!("\n{}", counts.table());
        linear(&counts)?;
        let text = counts.document(&today()?);
        return fs::write(DOCUMENT, text).map_err(|error| format!("cannot write {DOCUMENT}: {error}"));
    }
    let baseline = read()?;
    counter.check_comparable(&baseline)?;
    compare(&baseline, &counter.count()?)
}

/// Runs the comparison as a stage of `cargo xtask ci`.
pub(crate) fn check(workspace: &Workspace, install: Install, stages: &mut Stages) -> Result {
    let stage = "instruction counts";
    if or_skip("the instruction counts", debian::provide(&VALGRIND, install))?.is_none() {
        stages.skip(stage);
        return Ok(());
    }
    let is_compared = stages.run(stage, || {
        let (counter, baseline) = (Counter::new(workspace)?, read()?);
        match counter.check_comparable(&baseline) {
            Ok(()) => compare(&baseline, &counter.count()?).map(|()| true),
            Err(why) => {
                eprintln!("\nWARNING: the instruction counts are NOT COMPARED with {DOCUMENT}: {why}");
                eprintln!("The only check is that the counts do not grow faster than linearly.");
                linear(&counter.count()?).map(|()| false)
            }
        }
    })?;
    if !is_compared {
        stages.note(format!("but NOT COMPARED with {DOCUMENT}, see the warning above"));
    }
    Ok(())
}

const VALGRIND: [Program; 1] = [("valgrind", "valgrind")];

fn read() -> Result<Counts> {
    Counts::parse(&read_text(DOCUMENT)?)
}

fn compare(baseline: &Counts, counts: &Counts) -> Result {
    println!("\n{}", counts.table());
    let difference = baseline.compare(counts)?;
    if !difference.less.is_empty() {
        println!("These paths take fewer instructions than {DOCUMENT} says:\n{}", difference.less.join("\n"));
        println!("Run `{BLESS}` to record the lower counts.\n");
    }
    if !difference.more.is_empty() {
        return Err(format!(
            "these paths take over 3 % more instructions than {DOCUMENT} says:\n{}\nIf this is intended, run \
             `{BLESS}`.",
            difference.more.join("\n")
        ));
    }
    linear(counts)
}

fn linear(counts: &Counts) -> Result {
    match &counts.superlinear()[..] {
        [] => Ok(()),
        paths => Err(format!("these counts grow faster than linearly with the bytes:\n{}", paths.join("\n"))),
    }
}

/// The benchmark program, signed-session/benches/instructions.rs, which runs under valgrind.
struct Counter {
    program: PathBuf,
    /// The file that valgrind writes.
    out: PathBuf,
    /// The number of instructions of a run that repeats no path.
    idle: u64,
    environment: String,
    paths: Vec<Path>,
}

/// A code path, as the benchmark program lists it.
struct Path {
    name: String,
    bytes: usize,
    /// The name of the other path that this path begins with, or an empty string. The count of the other path is
    /// subtracted from the count of this one.
    after: String,
}

impl Counter {
    fn new(workspace: &Workspace) -> Result<Self> {
        let mut counter = Self {
            program: program()?,
            out: workspace.target.join("callgrind.out"),
            idle: 0,
            environment: String::new(),
            paths: Vec::new(),
        };
        let (list, idle) = counter.run(&[])?;
        counter.idle = idle;
        let (processor, paths) = list.split_once('\n').ok_or("the benchmark lists no paths")?;
        counter.paths = paths
            .lines()
            .map(Path::parse)
            .collect::<Option<_>>()
            .ok_or("the benchmark's list of paths is malformed")?;
        let rustc = Sh::new("rustc").args(["--version"]).read()?;
        // The output is, for example, `glibc 2.36`.
        let libc = Sh::new("getconf").args(["GNU_LIBC_VERSION"]).read().unwrap_or("another libc".into());
        let valgrind = Sh::new("valgrind").args(["--version"]).read()?;
        counter.environment =
            format!("{}{}, {}, {}, {processor}", rustc.trim(), rustflags(), libc.trim(), valgrind.trim());
        Ok(counter)
    }

    /// Returns an error if counts of this machine cannot be compared with the document.
    fn check_comparable(&self, baseline: &Counts) -> Result {
        if baseline.environment == self.environment {
            return Ok(());
        }
        Err(format!(
            "the counts in {DOCUMENT} are from\n  {}\nbut this machine has\n  {}\nso they cannot be compared; run \
             `{BLESS}` to replace the document.",
            baseline.environment, self.environment
        ))
    }

    fn count(&self) -> Result<Counts> {
        eprintln!("\n==> Counting instructions; this takes a minute or less.");
        let mut sizes: Vec<usize> = self.paths.iter().map(|path| path.bytes).collect();
        sizes.dedup();
        let sizes = <[usize; 3]>::try_from(sizes).map_err(|_| "expected paths at three sizes")?;
        let mut rows: Vec<Row> = Vec::new();
        for Path { name, bytes, after } in &self.paths {
            let (_, total) = self.run(&[name, &bytes.to_string(), &TIMES.to_string()])?;
            let mut count = total.saturating_sub(self.idle) / TIMES;
            let size = sizes.iter().position(|size| size == bytes).ok_or("a path has an unknown size")?;
            if let Some(before) = rows.iter().find(|row| row.path == *after) {
                count = count.saturating_sub(before.counts[size]);
            }
            if count == 0 {
                return Err(format!("{name}, {bytes} bytes: nothing was counted"));
            }
            match rows.iter_mut().find(|row| row.path == *name) {
                Some(row) => row.counts[size] = count,
                None => rows.push(Row { path: name.clone(), counts: [count, 0, 0] }),
            }
        }
        Ok(Counts { environment: self.environment.clone(), sizes, rows })
    }

    /// Runs the benchmark program under valgrind. Returns its output and the number of instructions that it took.
    fn run(&self, args: &[&str]) -> Result<(String, u64)> {
        let out = format!("--callgrind-out-file={}", self.out.display());
        let valgrind = Sh::new("valgrind").args(["--tool=callgrind", &out]);
        let printed = valgrind.args([&self.program]).args(args).read()?;
        let profile = read_text(&self.out)?;
        let totals = profile.lines().find_map(|line| line.strip_prefix("totals: "));
        let totals = totals.and_then(|totals| totals.trim().parse().ok());
        Ok((printed, totals.ok_or_else(|| format!("{}: no totals", self.out.display()))?))
    }
}

/// Builds the benchmark program and returns its path.
fn program() -> Result<PathBuf> {
    let build = || Sh::cargo().args(["bench", "-p", "signed-session", "--bench", BENCH, "--no-run"]);
    build().run()?;
    let messages = build().args(["--message-format=json"]).read()?;
    let mut programs = executables(&messages, |message| message["target"]["name"] == BENCH);
    programs.pop().ok_or_else(|| format!("cargo shows no program for the benchmark {BENCH}"))
}

/// Returns today's date, such as `2026-11-23`.
fn today() -> Result<String> {
    Ok(Sh::new("date").args(["-u", "+%F"]).read()?.trim().to_owned())
}

/// Returns a comma and the compiler flags of the environment, or an empty string if there are no flags. As in Cargo,
/// `CARGO_ENCODED_RUSTFLAGS` takes precedence over `RUSTFLAGS`.
fn rustflags() -> String {
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").map(|flags| flags.replace('\x1f', " "));
    let flags = encoded.or_else(|_| env::var("RUSTFLAGS")).unwrap_or_default();
    if flags.is_empty() { flags } else { format!(", {flags}") }
}

impl Path {
    fn parse(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        Some(Self {
            name: cells.next()?.to_owned(),
            bytes: cells.next()?.parse().ok()?,
            after: cells.next()?.to_owned(),
        })
    }
}
