//! Measures the subjects, which are applications and bare frameworks. They take turns in each round.

use std::time::Duration;

use crate::data::SIZES;
use crate::subject::{Job, Subject};

/// One in this many batches is faster than the result, so the result is the first decile. Other load on the machine
/// makes batches longer and never shorter, so the fast batches show the time of the code.
const FASTER: usize = 10;

/// Nanoseconds for one request: by subject, by size, by job.
pub(crate) type Table = Vec<[[f64; Job::ALL.len()]; SIZES.len()]>;

/// Approximate minimum time of one batch. A batch takes at most about twice as long, because the number of its requests
/// is doubled until the minimum is reached.
const BATCH: Duration = Duration::from_millis(2);

/// One figure of the tables: a subject with one job and one size of session.
pub(crate) struct Cell<'s> {
    subject: &'s dyn Subject,
    job: Job,
    cookie: String,
    count: u32,
    samples: Vec<f64>,
}

/// Measures all subjects, for about `seconds` in total.
pub(crate) fn measure(subjects: &[Box<dyn Subject + '_>], seconds: f64) -> Table {
    let mut cells = Vec::new();
    for subject in subjects {
        for size in SIZES {
            for job in Job::ALL {
                let mut cell = Cell::new(subject.as_ref(), job, size);
                while cell.batch() < BATCH {
                    cell.count *= 2;
                }
                cells.push(cell);
            }
        }
    }
    let rounds = (seconds / (BATCH.as_secs_f64() * 1.7 * cells.len() as f64)).ceil().max(5.0) as usize;
    eprintln!("{} cells, {rounds} rounds", cells.len());
    for _ in 0..rounds {
        for cell in &mut cells {
            // Warm the caches, which the other cells have filled with their data.
            cell.run(cell.count / 8 + 1);
            let sample = cell.batch().as_secs_f64() * 1e9 / f64::from(cell.count);
            cell.samples.push(sample);
        }
    }
    let mut times = cells.into_iter().map(|mut cell| {
        cell.samples.sort_by(f64::total_cmp);
        cell.samples[cell.samples.len() / FASTER]
    });
    let mut next = || times.next().expect("each cell has a time");
    subjects.iter().map(|_| std::array::from_fn(|_| std::array::from_fn(|_| next()))).collect()
}

impl<'s> Cell<'s> {
    /// Creates the session, and checks that only a write to a session sets a cookie.
    pub(crate) fn new(subject: &'s dyn Subject, job: Job, size: usize) -> Self {
        let (name, has_sessions) = (subject.name(), subject.what().is_some());
        let cookie = subject.sign_in(size);
        assert_eq!(
            cookie.is_some(),
            has_sessions,
            "{name}, {size} bytes: it must set a cookie if and only if it has sessions"
        );
        let cookie = cookie.unwrap_or_else(|| "session=none".to_owned());
        let cell = Self { subject, job, cookie, count: 16, samples: Vec::new() };
        let sends = job == Job::Write && has_sessions;
        let rule = "a write must set a cookie if the application has sessions, and a read must set none";
        assert_eq!(cell.run(1).1, usize::from(sends), "{name} {job:?}: {rule}");
        cell
    }

    /// Returns the time of `count` requests, and the number of cookies that the last response sets.
    pub(crate) fn run(&self, count: u32) -> (Duration, usize) {
        self.subject.run(self.job.path(), &self.cookie, count)
    }

    fn batch(&self) -> Duration {
        self.run(self.count).0
    }
}
