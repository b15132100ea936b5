//! Metrics of sessions: an observer that counts loads and saves with the crate `metrics`.
//!
//! ```text
//! cargo run -p session-examples --example metrics
//! ```
//!
//! The example prints what a server would export:
//!
//! ```text
//! session_loads_total{result="accepted", key="current"} 2
//! ```

use std::error::Error;
use std::time::Duration;

use metrics::{counter, describe_counter, describe_histogram, histogram};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use signed_session::testing::mint_cookie;
use signed_session::{
    Clock, EncryptedCookieSessionFactory, Load, ManualClock, Observer, Rejection, Save, Secret,
    SignedCookieSessionFactory, SystemClock,
};

/// An observer that exports the loads and saves of a factory.
///
/// Each label has few possible values, and a client cannot cause new ones. The label `key` shows the progress of a
/// rotation. Once all loads have had the key `current` or `none` for one timeout, or for one `max_lifetime` if that is
/// longer, the retired secrets and the old formats can be removed.
struct SessionMetrics;

const LOADS: &str = "session_loads_total";
const SAVES: &str = "session_saves_total";
const BYTES: &str = "session_saved_bytes";

impl SessionMetrics {
    /// Creates the observer and registers the descriptions of the metrics. Install the recorder first.
    fn new() -> Self {
        describe_counter!(LOADS, "Requests that used their session, by result and by the key of the cookie");
        describe_counter!(SAVES, "Responses that wrote or removed the session's cookie");
        describe_histogram!(BYTES, metrics::Unit::Bytes, "Length of a written cookie's value; at most 4064");
        Self
    }
}

impl Observer for SessionMetrics {
    fn loaded(&self, load: &Load<'_>) {
        let result = load.rejection().map_or("accepted", Rejection::kind);
        let key = load.key().map_or_else(|| "none".to_owned(), |key| key.to_string());
        counter!(LOADS, "result" => result, "key" => key).increment(1);
    }

    fn saved(&self, save: &Save) {
        let is_removal = save.bytes() == 0;
        counter!(SAVES, "action" => if is_removal { "removed" } else { "written" }).increment(1);
        if !is_removal {
            histogram!(BYTES).record(save.bytes() as f64);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A server installs an exporter here instead, such as the one in `metrics-exporter-prometheus`.
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install()?;

    serve_requests()?;
    for line in exported(&snapshotter) {
        println!("{line}");
    }
    Ok(())
}

/// Loads and saves the sessions of a site that moves from signed to encrypted cookies and rotates its secret.
fn serve_requests() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::new(SystemClock.now());
    let old = SignedCookieSessionFactory::builder(Secret::generate()?).clock(clock.clone()).build()?;
    let sessions = EncryptedCookieSessionFactory::builder(Secret::generate()?)
        .clock(clock.clone())
        .also_reads(old.clone())
        .observer(SessionMetrics::new())
        .build()?;

    // Each `mint_cookie` is the first request of a visitor. The request has no cookie, and the response sets one.
    let expired = mint_cookie(&sessions, |session| session.insert("user", "ada"));
    clock.advance(Duration::from_secs(21 * 60));
    let retired = mint_cookie(&sessions, |session| session.insert("user", "bea"));
    sessions.rotate(Secret::generate()?)?;
    let current = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let signed = mint_cookie(&old, |session| session.insert("user", "eve"));

    let (forged, malformed) = ("__Host-session=AAAA", "__Host-session=?");
    for cookie in [&*current, &*current, &*retired, &*signed, &*expired, forged, malformed] {
        let mut session = sessions.load(cookie);
        session.get::<String>("user")?;
        let _lines_to_send = session.save()?; // re-issues a session of a retired secret or an old format
    }
    let mut session = sessions.load(&*current);
    session.invalidate(); // a sign-out
    let _lines_to_send = session.save()?;
    Ok(())
}

/// Returns one line for each metric, sorted by name and labels. A counter or a gauge is shown with its value, a
/// histogram with its number of values.
fn exported(snapshotter: &Snapshotter) -> Vec<String> {
    let mut lines = Vec::new();
    for (metric, _, _, value) in snapshotter.snapshot().into_vec() {
        let (_, key) = metric.into_parts();
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => format!("{} values", values.len()),
        };
        lines.push(format!("{}{{{}}} {value}", key.name(), labels.join(", ")));
    }
    lines.sort();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_and_saves_are_counted_by_result_and_key() {
        let recorder = DebuggingRecorder::new();
        metrics::with_local_recorder(&recorder, serve_requests).unwrap();
        assert_eq!(
            exported(&recorder.snapshotter()),
            [
                r#"session_loads_total{result="accepted", key="current"} 2"#,
                r#"session_loads_total{result="accepted", key="old_format:1"} 1"#,
                r#"session_loads_total{result="accepted", key="retired:1"} 1"#,
                r#"session_loads_total{result="bad_signature", key="none"} 1"#,
                r#"session_loads_total{result="expired", key="retired:1"} 1"#,
                r#"session_loads_total{result="malformed", key="none"} 1"#,
                r#"session_loads_total{result="missing", key="none"} 3"#,
                r#"session_saved_bytes{} 5 values"#,
                r#"session_saves_total{action="removed"} 1"#,
                r#"session_saves_total{action="written"} 5"#,
            ]
        );
    }
}
