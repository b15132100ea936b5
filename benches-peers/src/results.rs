//! The results of each application.

use serde_json::Value;

use crate::data::SIZES;
use crate::measure::Table;
use crate::sh::Result;
use crate::subject::{JOBS, Job, Subject};

/// The results of one application: its microseconds for each size and job, minus those of its bare framework.
pub(crate) struct Peer {
    pub(crate) name: String,
    /// How the application signs or encrypts; `None` if it has no sessions.
    pub(crate) protection: Option<String>,
    pub(crate) in_cookie: bool,
    pub(crate) rows: Vec<(u64, [f64; JOBS])>,
}

impl Peer {
    pub(crate) fn is_ours(&self) -> bool {
        self.name.starts_with("signed-session")
    }

    pub(crate) fn encrypts(&self) -> bool {
        self.protection.as_ref().is_some_and(|protection| protection.starts_with("AES"))
    }

    pub(crate) fn has_sessions(&self) -> bool {
        self.protection.is_some()
    }

    /// Parses a line of JSON from the Python script.
    pub(crate) fn parse(line: &str) -> Result<Self> {
        let error = || format!("not a result: {line}");
        let value: Value = serde_json::from_str(line).map_err(|_| error())?;
        let rows = value["rows"].as_array().ok_or_else(error)?.iter().map(|row| {
            let us = |job: Job| row["us"][job.name()].as_f64().ok_or_else(error);
            let [untouched, read, write] = Job::ALL.map(us);
            Ok((row["bytes"].as_u64().ok_or_else(error)?, [untouched?, read?, write?]))
        });
        Ok(Self {
            name: value["name"].as_str().ok_or_else(error)?.to_owned(),
            protection: value["signs"].as_str().map(str::to_owned),
            in_cookie: value["in_cookie"] == true,
            rows: rows.collect::<Result<_>>()?,
        })
    }
}

/// Returns the results of the applications in Rust, without the bare frameworks.
pub(crate) fn in_rust(subjects: &[Box<dyn Subject + '_>], table: &Table) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (position, (subject, times)) in subjects.iter().zip(table).enumerate() {
        let bare = bare(subjects, subject.as_ref());
        if bare == position {
            continue;
        }
        let own = |size: usize, job: usize| (times[size][job] - table[bare][size][job]) / 1000.0;
        let row = |(size, bytes): (usize, usize)| (bytes as u64, std::array::from_fn(|job| own(size, job)));
        peers.push(Peer {
            name: subject.name().to_owned(),
            protection: subject.what().map(str::to_owned),
            in_cookie: subject.in_cookie(),
            rows: SIZES.into_iter().enumerate().map(row).collect(),
        });
    }
    peers
}

/// Returns the position of a subject's bare framework.
pub(crate) fn bare(subjects: &[Box<dyn Subject + '_>], subject: &dyn Subject) -> usize {
    let position =
        subjects.iter().position(|other| other.framework() == subject.framework() && other.what().is_none());
    position.expect("every bare framework is measured")
}
