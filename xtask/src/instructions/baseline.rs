//! Instruction counts as a document: written by us, read by people and by us again.

use std::fmt::Write;

use crate::sh::Result;

pub(super) const DOCUMENT: &str = "docs/instructions.md";
pub(super) const BLESS: &str = "cargo xtask bench instructions --bless";

/// Of a hundred: what a path may take more than the document says before it is a failure.
const TOLERANCE: u64 = 3;

/// How far the middle size may be under the mean of the others, in percent: a copy of some bytes more takes other
/// instructions at some sizes, and quadratic work is far beyond it.
const BEND: u64 = 6;

/// What each path took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counts {
    /// All that the counts depend on, besides our code.
    pub(super) environment: String,
    /// Bytes of state: from small to large, at equal distances.
    pub(super) sizes: [usize; 3],
    pub(super) rows: Vec<Row>,
}

/// One path, with its instructions for each size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) path: String,
    pub(super) counts: [u64; 3],
}

/// What differs from the document by more than the tolerance, each as a line to print.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) more: Vec<String>,
    pub(super) less: Vec<String>,
}

impl Counts {
    pub(super) fn document(&self, today: &str) -> String {
        let environment = format!("{ENVIRONMENT}{}", self.environment);
        HEAD.replace("{today}", today).replace("{environment}", &environment) + &self.table()
    }

    pub(super) fn table(&self) -> String {
        let [small, middle, large] = self.sizes;
        let mut text =
            format!("{PATH}{small} bytes | {middle} bytes | {large} bytes |\n|---|---:|---:|---:|\n");
        for Row { path, counts: [small, middle, large] } in &self.rows {
            let _ = writeln!(text, "| {path} | {small} | {middle} | {large} |");
        }
        text
    }

    pub(super) fn parse(document: &str) -> Result<Self> {
        let line = |start: &str| document.lines().find_map(|line| line.strip_prefix(start));
        let table = document.lines().skip_while(|line| !line.starts_with(PATH)).skip(2);
        let rows = table.take_while(|line| line.starts_with('|')).map(|line| {
            let (path, counts) = line.trim_matches(['|', ' ']).split_once(" | ")?;
            Some(Row { path: path.to_owned(), counts: three(counts)? })
        });
        let parse = || {
            Some(Self {
                environment: line(ENVIRONMENT)?.to_owned(),
                sizes: three(&line(PATH)?.replace(" bytes", ""))?,
                rows: rows.collect::<Option<_>>()?,
            })
        };
        parse().ok_or_else(|| format!("{DOCUMENT} is not what `{BLESS}` writes"))
    }

    /// Compares `now` with this document.
    ///
    /// # Errors
    ///
    /// That the paths are others.
    pub(super) fn compare(&self, now: &Self) -> Result<Difference> {
        let paths = |counts: &Self| -> Vec<_> { counts.rows.iter().map(|row| row.path.clone()).collect() };
        if (paths(self), self.sizes) != (paths(now), now.sizes) {
            return Err(format!("{DOCUMENT} counts other paths; `{BLESS}` writes it anew"));
        }
        let mut difference = Difference { more: Vec::new(), less: Vec::new() };
        for (old, new) in self.rows.iter().zip(&now.rows) {
            for (size, (was, is)) in self.sizes.iter().zip(old.counts.into_iter().zip(new.counts)) {
                let percent = 100.0 * (is as f64 / was as f64 - 1.0);
                let line = format!("  {}, {size} bytes: {was} → {is} ({percent:+.1} %)", new.path);
                if 100 * is > (100 + TOLERANCE) * was {
                    difference.more.push(line);
                } else if 100 * is < (100 - TOLERANCE) * was {
                    difference.less.push(line);
                }
            }
        }
        Ok(difference)
    }

    /// The paths whose cost is more than linear in the bytes: that of the middle size is far under the mean of the
    /// others. Each as a line to print.
    pub(super) fn bent(&self) -> Vec<String> {
        let is_bent = |[small, middle, large]: [u64; 3]| 100 * middle < (100 - BEND) * (small + large) / 2;
        let bent = self.rows.iter().filter(|row| is_bent(row.counts));
        bent.map(|row| format!("  {}: {:?} for {:?} bytes", row.path, row.counts, self.sizes)).collect()
    }
}

/// The numbers in `1 | 2 | 3 |`.
fn three<T: std::str::FromStr>(cells: &str) -> Option<[T; 3]> {
    let numbers = cells.trim_matches(['|', ' ']).split('|').map(|cell| cell.trim().parse().ok());
    numbers.collect::<Option<Vec<_>>>()?.try_into().ok()
}

const ENVIRONMENT: &str = "Counted by ";
const PATH: &str = "| path | ";

const HEAD: &str = "# Instructions

How many instructions our code takes, counted under valgrind. Written by `cargo xtask bench instructions --bless` on
{today}. `cargo xtask ci` fails if a path takes over 3 % more than it says here, and if a path is not linear in the
bytes of the session: at 1225 bytes, a path has to take at least 94 % of the mean of what it takes at 450 and at 2000.

Times differ from run to run, these counts by some instructions at most. They do differ with the compiler, `RUSTFLAGS`,
the C library, valgrind and what the processor can do, and are compared only where those are the same. The processor is
the one that valgrind shows to a program, which has no instructions for SHA or AVX-512 whatever the real one has.

{environment}

A path ends with freeing what it has made. In all but the last two a constant stands in the place of the MAC: without the
processor's help, its instructions would hide ours. *Insert, save* is what these two add to *load, get* in a request. In
*many keys* each entry takes 14 bytes; in all other paths there are three, `user`, `hits` and a `cart` as large as it has
to be. The `Cookie` header is in a `HeaderMap` if nothing else is said. Cookies are looked for from the last to the first,
and ours is the first: all others are looked at before it.

";

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: &[(&str, [u64; 3])]) -> Counts {
        let rows = rows.iter().map(|&(path, counts)| Row { path: path.into(), counts });
        Counts { environment: "rustc 1.2.3, avx".into(), sizes: [1, 2, 3], rows: rows.collect() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let counts = counts(&[("load, get", [10, 20, 30]), ("load from a `&str`", [1, 1, 1])]);
        assert_eq!(Counts::parse(&counts.document("2026-11-23")), Ok(counts.clone()));
        let other = counts.document("2026-11-23").replace("| 20 |", "| many |");
        assert!(Counts::parse(&other).unwrap_err().contains("is not what"));
        assert!(Counts::parse("").is_err());
    }

    #[test]
    fn more_than_three_per_cent_is_noticed() {
        let old = counts(&[("get", [1000, 1000, 1000]), ("set", [100, 100, 100])]);
        let compare = |get, set| old.compare(&counts(&[("get", get), ("set", set)])).unwrap();
        let same = Difference { more: vec![], less: vec![] };
        assert_eq!(compare([970, 1030, 1000], [97, 103, 100]), same);
        let Difference { more, less } = compare([1031, 1000, 1000], [100, 100, 96]);
        assert_eq!(more, ["  get, 1 bytes: 1000 → 1031 (+3.1 %)"]);
        assert_eq!(less, ["  set, 3 bytes: 100 → 96 (-4.0 %)"]);
    }

    #[test]
    fn other_paths_are_not_compared() {
        let old = counts(&[("get", [1, 1, 1])]);
        for other in [&[("set", [1, 1, 1])][..], &[], &[("get", [1, 1, 1]), ("set", [1, 1, 1])]] {
            assert!(old.compare(&counts(other)).unwrap_err().contains("--bless"));
        }
    }

    #[test]
    fn a_cost_that_bends_upwards_is_noticed() {
        let bent_of = |cost: fn(u64) -> u64| counts(&[("get", [450, 1225, 2000].map(cost))]).bent();
        assert!(bent_of(|bytes| 2000 + 20 * bytes).is_empty());
        assert!(bent_of(|_| 200).is_empty());
        assert_eq!(bent_of(|bytes| 20 * bytes + bytes * bytes / 300).len(), 1);
    }
}
