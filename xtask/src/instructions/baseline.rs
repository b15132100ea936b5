//! Instruction counts, and docs/instructions.md, which keeps them for comparison.

use std::fmt::Write;

use crate::sh::Result;

pub(super) const DOCUMENT: &str = "docs/instructions.md";
pub(super) const BLESS: &str = "cargo xtask bench instructions --bless";

/// How much a count may differ from the one in the document, in percent.
const TOLERANCE: u64 = 3;

/// How far the count at the middle size may be below the mean of the other two counts, in percent. Copying uses
/// different instructions for different sizes, so counts are not exactly linear. Quadratic work clearly exceeds this
/// limit.
const MAX_CURVATURE: u64 = 6;

/// The counts of all paths.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counts {
    /// What the counts depend on besides our code: the compiler, its flags, the C library, valgrind and the processor.
    pub(super) environment: String,
    /// Sizes of the session state in bytes, ascending in equal steps.
    pub(super) sizes: [usize; 3],
    pub(super) rows: Vec<Row>,
}

/// A code path with its count at each size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) path: String,
    pub(super) counts: [u64; 3],
}

/// The counts that differ from the document by more than [`TOLERANCE`], each as a line to print.
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
        parse().ok_or_else(|| format!("{DOCUMENT} is not in the form that `{BLESS}` writes"))
    }

    /// Compares the counts `now` with those of the document.
    ///
    /// # Errors
    /// Returns an error if the paths or the sizes differ.
    pub(super) fn compare(&self, now: &Self) -> Result<Difference> {
        let paths = |counts: &Self| -> Vec<_> { counts.rows.iter().map(|row| row.path.clone()).collect() };
        if (paths(self), self.sizes) != (paths(now), now.sizes) {
            return Err(format!("the benchmark has other paths or sizes than {DOCUMENT}; run `{BLESS}`"));
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

    /// Returns the paths whose count grows faster than linearly with the size, each as a line to print. For these
    /// paths, the count at the middle size is far below the mean of the other two counts.
    pub(super) fn superlinear(&self) -> Vec<String> {
        let is_superlinear =
            |[small, middle, large]: [u64; 3]| 100 * middle < (100 - MAX_CURVATURE) * (small + large) / 2;
        let paths = self.rows.iter().filter(|row| is_superlinear(row.counts));
        paths.map(|row| format!("  {}: {:?} for {:?} bytes", row.path, row.counts, self.sizes)).collect()
    }
}

/// Parses three cells of a table row, such as `1 | 2 | 3 |`.
fn three<T: std::str::FromStr>(cells: &str) -> Option<[T; 3]> {
    let numbers = cells.trim_matches(['|', ' ']).split('|').map(|cell| cell.trim().parse().ok());
    numbers.collect::<Option<Vec<_>>>()?.try_into().ok()
}

const ENVIRONMENT: &str = "Counted by ";
const PATH: &str = "| path | ";

const HEAD: &str = "# Instructions

The number of instructions that each code path takes, counted with valgrind. Written on {today} by
`cargo xtask bench instructions --bless`. `cargo xtask ci` fails if a path takes over 3 % more than this document says.
It also fails if the cost of a path grows faster than linearly with the bytes of the session. With linear growth, the
count at 1225 bytes is the mean of the counts at 450 and 2000 bytes. The check allows up to 6 % below this mean.

Times differ between runs; these counts differ by a few instructions at most. They depend on the compiler, `RUSTFLAGS`,
the C library, valgrind and the processor's features, and are compared only if those are the same. The processor is the
one that valgrind emulates. It has no instructions for SHA or AVX-512, even if the real processor has them.

{environment}

A path includes freeing its results. A constant replaces the MAC, unless the name of the path contains *encrypted* or a
MAC: without SHA instructions, the MAC would take most of the instructions. *Encrypted* is an
`EncryptedCookieSessionFactory` with the defaults; valgrind emulates the AES instructions that it uses. With a *retired
secret*, the factory has since retired the secret that encrypted the cookie. With an *unused old format*, the factory
also accepts an old format, set by `also_reads`, but the request has no cookie in that format. *Insert, save* is the cost
that these two calls add to *load, get* in a request. In *many keys* each entry takes 14 bytes. All other paths have
three entries: `user`, `hits`, and a `cart` that fills the size. Paths that load a session read the `Cookie` header from
a `HeaderMap`, unless the name says otherwise. *Find it among 30 others* starts at the last cookie and ours is the first,
so the search passes all others.

";

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: &[(&str, [u64; 3])]) -> Counts {
        let rows = rows.iter().map(|&(path, counts)| Row { path: path.into(), counts });
        Counts { environment: "rustc 1.2.3, avx".into(), sizes: [1, 2, 3], rows: rows.collect() }
    }

    #[test]
    fn document_round_trips() {
        let counts = counts(&[("load, get", [10, 20, 30]), ("load from a `&str`", [1, 1, 1])]);
        assert_eq!(Counts::parse(&counts.document("2026-11-23")), Ok(counts.clone()));
        let other = counts.document("2026-11-23").replace("| 20 |", "| many |");
        assert!(Counts::parse(&other).unwrap_err().contains("is not in the form"));
        assert!(Counts::parse("").is_err());
    }

    #[test]
    fn difference_over_tolerance_is_reported() {
        let old = counts(&[("get", [1000, 1000, 1000]), ("set", [100, 100, 100])]);
        let compare = |get, set| old.compare(&counts(&[("get", get), ("set", set)])).unwrap();
        let same = Difference { more: vec![], less: vec![] };
        assert_eq!(compare([970, 1030, 1000], [97, 103, 100]), same);
        let Difference { more, less } = compare([1031, 1000, 1000], [100, 100, 96]);
        assert_eq!(more, ["  get, 1 bytes: 1000 → 1031 (+3.1 %)"]);
        assert_eq!(less, ["  set, 3 bytes: 100 → 96 (-4.0 %)"]);
    }

    #[test]
    fn other_paths_are_an_error() {
        let old = counts(&[("get", [1, 1, 1])]);
        for other in [&[("set", [1, 1, 1])][..], &[], &[("get", [1, 1, 1]), ("set", [1, 1, 1])]] {
            assert!(old.compare(&counts(other)).unwrap_err().contains("--bless"));
        }
    }

    #[test]
    fn superlinear_cost_is_reported() {
        let superlinear =
            |cost: fn(u64) -> u64| counts(&[("get", [450, 1225, 2000].map(cost))]).superlinear();
        assert!(superlinear(|bytes| 2000 + 20 * bytes).is_empty());
        assert!(superlinear(|_| 200).is_empty());
        assert_eq!(superlinear(|bytes| 20 * bytes + bytes * bytes / 300).len(), 1);
    }
}
