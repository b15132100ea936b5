use std::time::Duration;

use crate::data::SIZES;
use crate::{Job, Subject};

/// Nanoseconds for one request: by subject, by size, by job.
pub(crate) type Table = Vec<[[f64; Job::ALL.len()]; SIZES.len()]>;

/// How long one batch takes, about.
const BATCH: Duration = Duration::from_millis(2);

struct Cell<'s> {
    subject: &'s dyn Subject,
    job: Job,
    cookie: String,
    count: u32,
    samples: Vec<f64>,
}

/// Measures every subject for about `seconds` in all.
pub(crate) fn measure(subjects: &[Box<dyn Subject + '_>], seconds: f64) -> Table {
    let mut cells = Vec::new();
    for subject in subjects {
        for size in SIZES {
            let cookie = subject.sign_in(size);
            for job in Job::ALL {
                let cookie = cookie.clone().unwrap_or_else(|| "session=none".to_owned());
                let mut cell =
                    Cell { subject: subject.as_ref(), job, cookie, count: 16, samples: Vec::new() };
                cell.check();
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
            // What the others have left in the caches is nobody's fault.
            cell.subject.run(cell.job.path(), &cell.cookie, cell.count / 8 + 1);
            let sample = cell.batch().as_secs_f64() * 1e9 / f64::from(cell.count);
            cell.samples.push(sample);
        }
    }
    let mut medians = cells.into_iter().map(|mut cell| {
        cell.samples.sort_by(f64::total_cmp);
        cell.samples[cell.samples.len() / 2]
    });
    let mut next = || medians.next().expect("a median for each cell");
    subjects.iter().map(|_| std::array::from_fn(|_| std::array::from_fn(|_| next()))).collect()
}

impl Cell<'_> {
    fn batch(&self) -> Duration {
        self.subject.run(self.job.path(), &self.cookie, self.count).0
    }

    /// That the subject does what it is measured for.
    fn check(&self) {
        let (_, set) = self.subject.run(self.job.path(), &self.cookie, 1);
        let sends = self.job == Job::Write && self.subject.what().is_some();
        assert_eq!(set, usize::from(sends), "{} {:?}: cookies sent", self.subject.name(), self.job);
    }
}
