//! `cargo xtask bench scale`: measures two threads, memory, and headers with many cookies.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::machine::{self, median};
use crate::sh::{Result, Sh};

const DOCUMENT: &str = "docs/scale.md";

/// Maximum growth of the memory after the first tenth of the sessions, in percent.
const MAX_GROWTH: f64 = 3.0;

/// The places of our cookie in the header, named as in session-cookie/benches/header.rs.
const HEADERS: [&str; 3] = ["alone", "before 30 others", "behind 30 others"];

pub(crate) fn run(sessions: u64, seconds: u32) -> Result {
    let header = ["bench", "-p", "session-cookie", "--bench", "header"];
    Sh::cargo().args(header).run()?;
    let mut headers = Vec::new();
    let results = machine::target()?.join("criterion/header");
    for name in HEADERS {
        headers.push((name, median(&results.join(name))?));
    }

    eprintln!(
        "\n==> Comparing threads for {seconds} s, then measuring memory over {sessions} sessions; ten million \
         take a minute or two."
    );
    let scale = Sh::cargo().args(["bench", "--quiet", "-p", "signed-session", "--bench", "scale", "--"]);
    let results = scale.args([seconds.to_string(), sessions.to_string()]).read()?;
    let results: Value = serde_json::from_str(&results).map_err(|error| format!("scale: {error}"))?;

    let memory =
        results["soak"].as_array().ok_or("scale: no `soak` in the results")?.iter().filter_map(Value::as_u64);
    let memory = Memory::new(&memory.collect::<Vec<_>>()).ok_or("scale: no samples in `soak`")?;
    let mut text = HEAD.replace("{when}", &machine::when()?);
    threads(&results, &mut text).ok_or("scale: no valid `threads` in the results")?;
    memory.write(sessions, &mut text);
    cookies(&headers, &mut text);
    println!("\n{text}");
    memory.check()?;
    fs::write(DOCUMENT, text).map_err(|error| format!("cannot write {DOCUMENT}: {error}"))
}

fn threads(results: &Value, text: &mut String) -> Option<()> {
    *text += THREADS;
    for row in results["threads"].as_array()? {
        let number = |key: &str| row[key].as_f64();
        let (one, two) = (number("one")? / 1e3, number("two")? / 1e3);
        let _ = writeln!(
            text,
            "| {} | {one:.0} | {two:.0} | {:.2} | {:.2} |",
            row["job"].as_str()?,
            number("ratio")?,
            number("ratio_apart")?
        );
    }
    Some(())
}

/// The memory use of the process, in KiB.
#[derive(Debug, PartialEq)]
struct Memory {
    /// After the first tenth of the sessions, when the allocator has filled its caches.
    first: u64,
    /// After the last session.
    last: u64,
    /// The maximum from `first` to `last`.
    most: u64,
}

impl Memory {
    fn new(samples: &[u64]) -> Option<Self> {
        let after = samples.get(samples.len() / 10..)?;
        Some(Self { first: *after.first()?, last: *after.last()?, most: *after.iter().max()? })
    }

    fn write(&self, sessions: u64, text: &mut String) {
        let Self { first, last, most } = self;
        *text += SOAK;
        let _ = writeln!(text, "| sessions | after a tenth | at the end | maximum |\n|---|---|---|---|");
        let _ = writeln!(text, "| {sessions} | {first} KiB | {last} KiB | {most} KiB |");
    }

    fn check(&self) -> Result {
        let percent = 100.0 * (self.most as f64 / self.first as f64 - 1.0);
        if percent <= MAX_GROWTH {
            return Ok(());
        }
        Err(format!("memory grew by {percent:.1} %, from {} to {} KiB", self.first, self.most))
    }
}

fn cookies(headers: &[(&str, f64)], text: &mut String) {
    *text += COOKIES;
    let alone = headers[0].1;
    for (name, nanoseconds) in headers {
        let _ = writeln!(text, "| {name} | {nanoseconds:.0} ns | {:+.0} ns |", nanoseconds - alone);
    }
}

const HEAD: &str = "# Scale

All figures except the memory are medians of one run. Written by `cargo xtask bench scale`; {when}.

[Instructions](instructions.md) shows that the cost is linear in the bytes of a session. Tests check the number of MACs that
a key ring computes (`session-sign/tests/it/keyring.rs`) and the number of allocations of a request
(`signed-session/tests/allocations.rs`).
";

const THREADS: &str = "
## Two threads

Thousands of requests per second, with one factory for all threads, HMAC-SHA-256 and 450 bytes of state. One thread and two
threads run in turns of 20 milliseconds each, and the ratio is the median over all turns. For the last column each thread has
its own factory: this is the machine's limit if nothing is shared. If both ratios are equal, the threads do not wait for each
other. A request that does not touch its session does little more than increment and decrement the factory's reference
count. All threads share this count, so threads with untouched requests do wait for each other.

| request | one thread | two threads | ratio | ratio, nothing shared |
|---|---|---|---|---|
";

const SOAK: &str = "
## Memory

Memory use of the process while sessions are loaded, read, changed and saved, one after the other. The sizes vary, some
cookies are truncated, and some sessions are invalidated. A thousand browsers take turns, each with its own
cookie.

";

const COOKIES: &str = "
## Other cookies

Time to find our 600-character cookie in the `Cookie` header. The search runs from right to left, so only cookies behind ours
cost time.

| our cookie | time | more than alone |
|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_after_first_tenth_is_an_error() {
        let memory = |of: fn(u64) -> u64| Memory::new(&(0..100).map(of).collect::<Vec<_>>()).unwrap();
        assert_eq!(memory(|n| n), Memory { first: 10, last: 99, most: 99 });
        assert_eq!(memory(|n| if n < 10 { 1000 } else { 3000 }).check(), Ok(()));
        assert!(memory(|n| 3000 + 2 * n).check().unwrap_err().contains("from 3020 to 3198"));
        assert_eq!(memory(|n| if n == 99 { 1029 } else { 1000 }).check(), Ok(()));
        assert!(memory(|n| if n == 99 { 1031 } else { 1000 }).check().unwrap_err().contains("3.1 %"));
        // Temporary growth counts as well.
        assert!(memory(|n| if n == 50 { 4000 } else { 3000 }).check().is_err());
    }
}
