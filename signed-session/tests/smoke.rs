#![allow(missing_docs)]
use signed_session::*;
#[test]
fn worked() {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
    let f = SignedCookieSessionFactory::builder("secret").allow_weak_secret().clock(clock.clone()).build().unwrap();
    let cookie = "session=dt9oEI7g02L2km2slRQOGOJlDsZpcXStngAhlGCgCeqeXbT-z0Q6anHuuMIRRI6X-V-Vb_zgjqGALLKdhAy781sxNzAwMDAwMDAwLCAxNjk5OTk5MDAwLjUsIHsiYSI6IDF9XQ";
    let mut s = f.load(cookie);
    assert_eq!(s.get("a").unwrap(), Some(1));
    s.changed();
    let out = f.save(&mut s).unwrap().unwrap();
    println!("{out}");
    assert!(out.as_str().starts_with(cookie));
    let d: Box<dyn Session> = Box::new(s);
    assert_eq!(d.get("a").unwrap(), Some(1));
}
