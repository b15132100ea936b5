//! `verify` reports the same results as the library.

use std::time::Duration;

use signed_session::{ManualClock, SignedCookieSessionFactory, Timestamp};

use crate::check::signed_value;
use crate::{OLD_SECRET, SECRET, Shell};

#[test]
fn verify_agrees_with_library() {
    let shell = Shell::new();
    let now = 1_700_000_600.0;
    let sessions = SignedCookieSessionFactory::builder(SECRET)
        .retired_secret(OLD_SECRET)
        .timeout(Duration::from_secs(600))
        .clock(ManualClock::new(Timestamp::from_secs(now).unwrap()))
        .build()
        .unwrap();

    let good = shell.sign("--secret-file session.secret", r#"{"a": 1}"#);
    let retired = shell.sign("--secret-file old.secret", "{}");
    let expired = shell.line("sign --secret-file session.secret --accessed 1699999999.5 --created 1", "{}");
    let expired = expired.stdout.trim_end();
    let forged = shell.sign("--secret-file weak.secret --allow-weak-secret", "{}");
    let short = &good[..40];
    let no_session = signed_value(SECRET, b"[1, 2, []]");
    let long = "A".repeat(4097);
    let parts = [&*good, &*retired, expired, &*forged, &*no_session, short, "not base64", "", &*long];

    let mut seen = [0; 2];
    for one in parts {
        for two in parts {
            for line in [
                format!("session={one}; session={two}"),
                format!("session={one}{}", format!("; session={two}").repeat(7)),
                format!("session={one}{}", format!("; session={two}").repeat(8)),
                format!("x={one}; session = \"{two}\""),
            ] {
                let session = sessions.load(&*line);
                let reason = session.rejection().map(ToString::to_string);
                let run = shell.run(
                    "verify --secret-file session.secret --retired-secret-file old.secret --timeout 600"
                        .split(' ')
                        .chain(["--now", "1700000600", "--", &line]),
                    "",
                );
                let (code, report) = run.report();
                assert_eq!(report["reason"].as_str(), reason.as_deref(), "{line}");
                assert_eq!(code, i32::from(reason.is_some()), "{line}");
                if reason.is_none() {
                    assert_eq!(report["created"].as_f64(), Some(session.created().as_secs()));
                }
                seen[usize::from(reason.is_some())] += 1;
            }
        }
    }
    assert!(seen.iter().all(|&n| n > 20), "{seen:?}");
}
