//! The stages of a command, with their outcomes and times.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::sh::Result;

/// The finished stages.
#[derive(Debug)]
pub(crate) struct Stages {
    start: Instant,
    finished: Vec<Stage>,
}

impl Default for Stages {
    fn default() -> Self {
        Self { start: Instant::now(), finished: Vec::new() }
    }
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    time: Duration,
    outcome: String,
}

impl Stages {
    /// Announces a stage and runs it.
    pub(crate) fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let result = work();
        let outcome = if result.is_ok() { "passed" } else { "FAILED" };
        self.finished.push(Stage { name, time: start.elapsed(), outcome: outcome.to_owned() });
        result
    }

    /// Adds a note to the outcome of the last stage.
    pub(crate) fn note(&mut self, note: impl fmt::Display) {
        if let Some(stage) = self.finished.last_mut() {
            stage.outcome += &format!(", {note}");
        }
    }

    /// Runs two series of stages at the same time, so their output is mixed. The second series runs in another thread.
    /// If one fails, the other still runs to its end. If both fail, the error has both messages.
    pub(crate) fn run_both(
        &mut self,
        one: impl FnOnce(&mut Self) -> Result,
        other: impl FnOnce(&mut Self) -> Result + Send,
    ) -> Result {
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                let mut stages = Self::default();
                let result = other(&mut stages);
                (result, stages)
            });
            let result = one(self);
            let (others, stages) =
                other.join().unwrap_or_else(|_| (Err("a stage panicked".to_owned()), Self::default()));
            self.finished.extend(stages.finished);
            match (result, others) {
                (Err(one), Err(other)) => Err(format!("{one}\n\nerror: {other}")),
                (one, other) => one.and(other),
            }
        })
    }

    /// Adds a stage that does not run. A warning has already shown the reason.
    pub(crate) fn skip(&mut self, name: &'static str) {
        let outcome = "SKIPPED, see the warning above".to_owned();
        self.finished.push(Stage { name, time: Duration::ZERO, outcome });
    }
}

/// Shows a table of the stages, and the time since `self` was created. Stages can run at the same time, so this time
/// can be less than the sum of the stages' times.
impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.finished.iter().map(|stage| stage.name.chars().count()).max().unwrap_or_default();
        for Stage { name, time, outcome } in &self.finished {
            writeln!(f, "{name:width$} {:>7}  {outcome}", minutes(*time))?;
        }
        writeln!(f, "{:width$} {:>7}", "all", minutes(self.start.elapsed()))
    }
}

/// Returns `2:05` for 125 seconds.
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_lists_stages_with_time_and_outcome() {
        let mut stages = Stages::default();
        assert_eq!(stages.run("build", || Ok(7)), Ok(7));
        stages.note("4 examples");
        stages.skip("browser");
        assert_eq!(stages.run("tests", || Result::<()>::Err("no".into())), Err("no".into()));
        stages.skip("fuzz");
        stages.finished[0].time = Duration::from_millis(125_900);
        let table = "build      2:05  passed, 4 examples\n\
                     browser    0:00  SKIPPED, see the warning above\n\
                     tests      0:00  FAILED\n\
                     fuzz       0:00  SKIPPED, see the warning above\n\
                     all        0:00\n";
        assert_eq!(stages.to_string(), table);
    }

    #[test]
    fn stages_of_both_series_are_in_table() {
        let mut stages = Stages::default();
        let stage = |name| move |stages: &mut Stages| stages.run(name, || Ok(()));
        assert_eq!(stages.run_both(stage("lint"), stage("fuzz")), Ok(()));
        let names: Vec<_> = stages.finished.iter().map(|stage| stage.name).collect();
        assert_eq!(names, ["lint", "fuzz"]);
    }

    /// Regression: the error of the checks in the other thread was dropped if the checks in this thread failed, too.
    #[test]
    fn both_errors_are_reported() {
        let failed = |why: &str| Err(why.to_owned());
        for (one, other, expected) in [
            (Ok(()), Ok(()), Ok(())),
            (failed("a"), Ok(()), failed("a")),
            (Ok(()), failed("b"), failed("b")),
            (failed("a"), failed("b"), failed("a\n\nerror: b")),
        ] {
            assert_eq!(Stages::default().run_both(|_| one, |_| other), expected);
        }
    }
}
