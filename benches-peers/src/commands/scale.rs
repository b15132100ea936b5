//! `cargo xtask bench scale`

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::machine::{self, median};
use crate::sh::{Result, Sh};

const DOCUMENT: &str = "docs/scale.md";

/// Of a hundred: what the memory may grow by after the first tenth of the sessions.
const GROWTH: f64 = 3.0;

/// As in session-cookie/benches/header.rs.
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
        "\n==> Comparing threads for {seconds} s, then {sessions} sessions; ten million take a minute or two."
    );
    let scale = Sh::cargo().args(["bench", "--quiet", "-p", "signed-session", "--bench", "scale", "--"]);
    let results = scale.args([seconds.to_string(), sessions.to_string()]).read()?;
    let results: Value = serde_json::from_str(&results).map_err(|error| format!("scale: {error}"))?;

    let memory = results["soak"].as_array().ok_or("scale: no soak")?.iter().filter_map(Value::as_u64);
    let memory = Memory::new(&memory.collect::<Vec<_>>()).ok_or("scale: no memory")?;
    let mut text = HEAD.replace("{when}", &machine::when()?);
    threads(&results, &mut text).ok_or("scale: no threads")?;
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

/// KiB that the process had in use.
#[derive(Debug, PartialEq)]
struct Memory {
    /// After the first tenth: what the allocator keeps for the next session is there by then.
    first: u64,
    last: u64,
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
        let _ =
            writeln!(text, "| sessions | after a tenth | at the end | most in between |\n|---|---|---|---|");
        let _ = writeln!(text, "| {sessions} | {first} KiB | {last} KiB | {most} KiB |");
    }

    fn check(&self) -> Result {
        let percent = 100.0 * (self.most as f64 / self.first as f64 - 1.0);
        if percent <= GROWTH {
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

Medians of one run. Written by `cargo xtask bench scale`; {when}.

That the cost is linear in the bytes of a session is counted in [instructions](instructions.md); how many MACs a ring of
keys costs, and how many allocations a request, is tested: `session-sign/tests/it/keyring.rs`,
`signed-session/tests/allocations.rs`.
";

const THREADS: &str = "
## Two threads

Thousands of requests in a second, with one factory for all threads: HMAC-SHA-256, 450 bytes of state. One thread and
two take turns of 20 milliseconds each, and the ratio is the median of all turns' ratios. The last column is the ratio
where each thread has a factory of its own: what the machine can do if nothing is shared. Where the two are the same,
nothing shared is waited for. A request that leaves its session alone does little more than to count its reference to the
factory up and down, in one place for all threads, and there they do wait for each other.

| request | one thread | two threads | ratio | ratio, nothing shared |
|---|---|---|---|---|
";

const SOAK: &str = "
## Memory

Memory that the process has in use while sessions are loaded, read, changed and saved, one after the other. The sizes
change, some cookies are forged, some sessions end; a thousand cookies are kept.

";

const COOKIES: &str = "
## Other cookies

Finding our cookie of 600 characters in the `Cookie` header.

| our cookie | time | more than alone |
|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_after_the_first_tenth_is_noticed() {
        let memory = |of: fn(u64) -> u64| Memory::new(&(0..100).map(of).collect::<Vec<_>>()).unwrap();
        assert_eq!(memory(|n| n), Memory { first: 10, last: 99, most: 99 });
        assert_eq!(memory(|n| if n < 10 { 1000 } else { 3000 }).check(), Ok(()));
        assert!(memory(|n| 3000 + 2 * n).check().unwrap_err().contains("from 3020 to 3198"));
        // It need not stay.
        assert!(memory(|n| if n == 50 { 4000 } else { 3000 }).check().is_err());
    }
}
