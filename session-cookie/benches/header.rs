//! Measures how much time other cookies in the header cost. Finds our cookie in a header where our cookie is alone,
//! before 30 others, or behind 30 others.
//!
//! `cargo bench -p session-cookie --bench header`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use session_cookie::CookieHeader;

/// Typical other cookies: of analytics, of another session, and of a setting.
const OTHERS: [&str; 3] =
    ["_ga_X=GA1.2.1000000007.1700000000", "sessionid_old=abcdef0123456789", "theme=dark"];

/// Length of our cookie's value in bytes. A session of about 400 bytes has a value of this length.
const VALUE: usize = 600;

fn header(c: &mut Criterion) {
    let ours = format!("session={}", "v".repeat(VALUE));
    let others: Vec<_> = (0..30).map(|n| OTHERS[n % 3].replacen('=', &format!("{n}="), 1)).collect();
    let others = others.join("; ");
    let mut group = c.benchmark_group("header");
    for (name, header) in [
        ("alone", ours.clone()),
        ("before 30 others", format!("{ours}; {others}")),
        ("behind 30 others", format!("{others}; {ours}")),
    ] {
        let header = CookieHeader::from(header);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| black_box(&header).values(black_box("session")).next().unwrap().len());
        });
    }
    group.finish();
}

criterion_group!(benches, header);
criterion_main!(benches);
