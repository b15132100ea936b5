use crate::measure::Table;
use crate::{Job, Subject};

/// Where the bare framework is that a subject runs in.
fn bare(subjects: &[Box<dyn Subject + '_>], subject: &dyn Subject) -> usize {
    let position =
        subjects.iter().position(|other| other.framework() == subject.framework() && other.what().is_none());
    position.expect("each framework is measured bare")
}

/// One line of JSON for each subject: its name, that of the bare framework that it runs in, and whether it has sessions.
pub(crate) fn print_names(subjects: &[Box<dyn Subject + '_>]) {
    for subject in subjects {
        let framework = subjects[bare(subjects, subject.as_ref())].name();
        let has_sessions = subject.what().is_some();
        let line =
            serde_json::json!({"name": subject.name(), "framework": framework, "has_sessions": has_sessions});
        println!("{line}");
    }
}

/// One line of JSON for each subject: microseconds without the framework's own, by size and job.
pub(crate) fn print(subjects: &[Box<dyn Subject + '_>], table: &Table, sizes: &[usize]) {
    for (position, (subject, times)) in subjects.iter().zip(table).enumerate() {
        let bare = bare(subjects, subject.as_ref());
        let (base, is_bare) = (&table[bare], bare == position);
        let rows: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(size, bytes)| {
                let jobs: Vec<_> = Job::ALL
                    .iter()
                    .enumerate()
                    .map(|(job, kind)| {
                        let own = if is_bare { 0.0 } else { base[size][job] };
                        (kind.path().trim_start_matches('/').to_owned(), (times[size][job] - own) / 1000.0)
                    })
                    .collect();
                serde_json::json!({"bytes": bytes, "us": jobs.into_iter().collect::<std::collections::BTreeMap<_, _>>()})
            })
            .collect();
        println!(
            "{}",
            serde_json::json!({
                "name": subject.name(), "signs": subject.what(), "in_cookie": subject.in_cookie(),
                "bare": is_bare, "rows": rows,
            })
        );
    }
}
