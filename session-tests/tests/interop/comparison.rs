//! Sends each request of a browser to Pyramid and to our factory, and compares the answers.

use std::env;
use std::time::SystemTime;

use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config as Proptest, RngSeed, TestRunner};
use session_core::CSRF_KEY;

use crate::ours::Ours;
use crate::pyramid::Pyramid;
use crate::script::{Op, PYTHON, Step, Trouble, Wait, Writer, step};
use crate::{Answer, Config, Site, cookie_of};

/// Number of random steps in a script. [`Step::that_expire`] adds two more steps. Each step goes to both sides, Pyramid
/// and ours, and chooses at random the side whose cookie the browser keeps.
const STEPS: usize = 500;

pub(crate) struct Comparison<'e> {
    config: &'e Config,
    ours: Ours,
    pyramid: &'e mut Pyramid,
    now: f64,
    /// The browser's `Cookie` header.
    cookie: Option<String>,
    tally: Tally,
}

/// Counts of what a script exercised. A script that exercises too little fails.
#[derive(Debug, Default)]
struct Tally {
    ops_by_pyramid: usize,
    ops_by_ours: usize,
    identical_cookies: usize,
    expired: usize,
    /// Number of times that the cookies of both sides held equal values of Python that JSON cannot hold.
    python: usize,
}

impl Comparison<'_> {
    /// Runs a random script. A failure shows a minimal script, and the seed. To repeat the run, set the environment
    /// variable `SIGNED_SESSION_SEED` to this seed.
    pub(crate) fn run(config: &Config) {
        let Some(mut pyramid) = Pyramid::start(config) else { return };
        let seed = seed();
        let runner_config =
            Proptest { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Proptest::default() };
        let mut runner = TestRunner::new(runner_config);
        let mut steps = vec(step(config.python_kinds), STEPS)
            .new_tree(&mut runner)
            .expect("the strategy rejects no values")
            .current();
        steps.extend(Step::that_expire());

        let mut run = |steps: &[Step]| {
            let (ours, pyramid) = (Ours::new(config), &mut pyramid);
            let mut comparison = Comparison {
                config,
                ours,
                pyramid,
                now: 1_700_000_000.5,
                cookie: None,
                tally: Tally::default(),
            };
            for (at, step) in steps.iter().enumerate() {
                comparison.step(step).map_err(|why| (at, why))?;
            }
            Ok(comparison.tally)
        };
        match run(&steps) {
            Ok(tally) => {
                println!("{tally:?}, seed {seed}");
                assert!(tally.ops_by_pyramid >= 200 && tally.ops_by_ours >= 200, "{tally:?}");
                assert!(config.serializer != "json" || tally.identical_cookies >= 50, "{tally:?}");
                assert!(config.python_kinds.is_empty() || tally.python >= 50, "{tally:?}");
                assert!(config.timeout.is_none() || tally.expired > 0, "{tally:?}");
            }
            Err((at, why)) => {
                let (steps, why) = shortest(steps[..=at].to_vec(), why, |steps| run(steps).err());
                let lines: Vec<_> = steps.iter().map(|step| format!("  {step:?}\n")).collect();
                panic!("{why}\n\nminimal script (SIGNED_SESSION_SEED={seed}):\n{}", lines.concat());
            }
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        // The time of the step can depend on the access time in the cookie.
        let before = self.pyramid.request(self.now, self.cookie.as_deref(), &[]);
        self.now = self.end_of(step.wait, before.accessed);
        self.set_python_values(&step.python);
        self.make(step.trouble);

        // Both sides have to load the same session from the cookie.
        let (now, cookie) = (self.now, self.cookie.clone());
        let loaded = self.pyramid.request(now, cookie.as_deref(), &[]);
        let expired = timed_out(self.config, &loaded, now);
        self.tally.expired += usize::from(expired);
        let seen = self.ours.request(now, cookie.as_deref(), &[]);
        let expected = if expired { new_session(&loaded, now) } else { loaded.clone() };
        same("the untouched session", seen, expected)?;

        // The same operations have to give the same results on both sides.
        let theirs = self.pyramid.request(now, cookie.as_deref(), &step.ops);
        let ours = self.ours.request(now, cookie.as_deref(), &step.ops);
        if !step.ops.is_empty() {
            self.compare(&step.ops, &loaded, expired, &theirs, &ours)?;
        }

        // The browser keeps the cookie of `step.writer`, and the other side has to read it.
        let (answer, reader): (_, &mut dyn Site) = match step.writer {
            Writer::Ours => (ours, self.pyramid),
            Writer::Pyramid => (theirs, &mut self.ours),
        };
        match step.writer {
            Writer::Ours => self.tally.ops_by_ours += step.ops.len(),
            Writer::Pyramid => self.tally.ops_by_pyramid += step.ops.len(),
        }
        if is_removal(&answer) {
            self.cookie = None;
        } else if answer.set_cookie.is_some() {
            self.cookie = Some(cookie_of(&answer));
            let read = reader.request(now, self.cookie.as_deref(), &[]);
            let mut expected = Answer { set_cookie: None, results: vec![], is_new: false, ..answer };
            if timed_out(self.config, &expected, now) {
                // If the session had expired, and `changed()` was the only operation, Pyramid sends a cookie with the
                // old access time. So the session has also expired for the other side, which reads the cookie.
                expected = new_session(&expected, now);
            }
            same("the session that the other side reads", read, expected)?;
        }
        Ok(())
    }

    fn end_of(&self, wait: Wait, accessed: f64) -> f64 {
        let secs = |secs: Option<u32>| secs.map_or(0.0, f64::from);
        let end = match wait {
            Wait::Secs(secs) => self.now + secs,
            Wait::Reissue(after) => accessed.trunc() + secs(self.config.reissue_time) + after,
            Wait::Timeout(after) => accessed + secs(self.config.timeout) + after,
        };
        end.max(self.now)
    }

    /// Lets Pyramid set values that JSON cannot hold. If they do not fit into a cookie, the old cookie stays.
    fn set_python_values(&mut self, ops: &[Op]) {
        if !ops.is_empty() {
            let answer = self.pyramid.request(self.now, self.cookie.as_deref(), ops);
            self.cookie = answer.set_cookie.is_some().then(|| cookie_of(&answer)).or(self.cookie.take());
        }
    }

    fn make(&mut self, trouble: Trouble) {
        match (trouble, &mut self.cookie) {
            (Trouble::Tampered(share), Some(cookie)) => {
                let start = "session=".len();
                // The last character is never replaced, because Pyramid ignores its padding bits.
                let at = start + ((cookie.len() - 1 - start) as f64 * share) as usize;
                let other = if cookie.as_bytes()[at] == b'A' { "B" } else { "A" };
                cookie.replace_range(at..=at, other);
            }
            (Trouble::Foreign, cookie) => {
                let secret = "another secret, of another site, that is long enough for each rule";
                let ops = [Op::Set("a", "\"from elsewhere\"".into())];
                let answer =
                    Ours::new(&Config { secret, ..self.config.clone() }).request(self.now, None, &ops);
                *cookie = Some(cookie_of(&answer));
            }
            _ => {}
        }
    }

    /// Compares the answers to the same operations. Only documented differences are allowed.
    fn compare(
        &mut self,
        ops: &[Op],
        loaded: &Answer,
        expired: bool,
        theirs: &Answer,
        ours: &Answer,
    ) -> Result<(), String> {
        let invalidated = ops.iter().rposition(|op| matches!(op, Op::Invalidate));
        let last = &ops[invalidated.map_or(0, |at| at + 1)..];
        let only_changed = ops.iter().all(|op| matches!(op, Op::Changed));

        same("the state", mask(&ours.state), mask(&theirs.state))?;
        for (at, op) in ops.iter().enumerate() {
            let (ours, theirs) = (&ours.results[at], &theirs.results[at]);
            match op {
                // Pyramid returns the stored list itself, so its result contains messages that are flashed later.
                Op::PeekFlash(queue) if ops[at..].iter().any(|op| op.flashes(queue)) => {}
                // New tokens are random, so they differ between the sides.
                Op::Csrf | Op::NewCsrf => {
                    let is_token =
                        |text: &str| text.len() == 42 && text[1..41].bytes().all(|b| b.is_ascii_hexdigit());
                    let is_old = |text: &str| loaded.state.contains(text);
                    same("whether the result is a token", is_token(ours), true)?;
                    same("whether the token is the old one", is_old(ours), is_old(theirs))?;
                }
                _ => same(&format!("the result of {}", op.to_json()), ours, theirs)?,
            }
        }

        // Pyramid keeps the creation time of an expired or invalidated session. Our side starts a new session.
        let is_restarted = expired || invalidated.is_some();
        same("is_new", ours.is_new, theirs.is_new || is_restarted)?;
        same("created", ours.created, if is_restarted { self.now } else { theirs.created })?;
        let writes =
            |op: &Op| !matches!(op, Op::Get(_) | Op::Contains(_) | Op::Keys | Op::Len | Op::PeekFlash(_));
        let made_no_token = |op: &&Op| !matches!(op, Op::Csrf);
        if last.iter().filter(made_no_token).any(writes)
            || (self.config.reissue_time.is_some() && !last.is_empty())
        {
            // If `changed()` is the only operation, our side sets the access time, while Pyramid keeps the old one.
            same("accessed", ours.accessed, self.now.trunc())?;
            if !only_changed {
                same("accessed, compared with Pyramid", ours.accessed, theirs.accessed)?;
            }
        } else if !last.iter().any(|op| matches!(op, Op::Csrf)) {
            same("accessed", ours.accessed, if is_restarted { self.now } else { loaded.accessed })?;
        }

        same("whether the session is too large", ours.error.is_some(), theirs.error.is_some())?;
        if ours.error.is_some() {
            return Ok(());
        }
        if ours.is_new && ours.state == "{}" {
            // Pyramid may send an empty session. Our side sends nothing, or removes the cookie of
            // an invalidated session.
            same("whether a removal was sent", is_removal(ours), invalidated.is_some())?;
            return same("whether anything was sent", ours.set_cookie.is_some(), invalidated.is_some());
        }
        same("whether a cookie was sent", ours.set_cookie.is_some(), theirs.set_cookie.is_some())?;
        if !self.config.python_kinds.is_empty() && ours.set_cookie.is_some() {
            let (ours, theirs) =
                (self.pyramid.describe(&cookie_of(ours)), self.pyramid.describe(&cookie_of(theirs)));
            self.tally.python += usize::from(theirs.contains(PYTHON));
            same("the Python-only values", ours, theirs)?;
        }
        let same_record = ours.state == theirs.state && !is_restarted && !only_changed;
        if let (Some(ours), Some(theirs)) = (&ours.set_cookie, &theirs.set_cookie) {
            let attributes = |cookie: &str| cookie.split_once(';').map(|parts| parts.1.to_owned());
            same("the attributes of the cookie", attributes(ours), attributes(theirs))?;
            if same_record && self.config.serializer == "json" {
                same("the cookie, byte for byte", ours, theirs)?;
                self.tally.identical_cookies += 1;
            }
        }
        Ok(())
    }
}

/// Returns the answer expected from our side for a session that has expired: Pyramid's answer, but with a new session.
fn new_session(loaded: &Answer, now: f64) -> Answer {
    Answer { created: now, accessed: now, is_new: true, ..loaded.clone() }
}

fn timed_out(config: &Config, session: &Answer, now: f64) -> bool {
    !session.is_new && config.timeout.is_some_and(|timeout| now - session.accessed > timeout.into())
}

fn is_removal(answer: &Answer) -> bool {
    answer.set_cookie.as_ref().is_some_and(|cookie| cookie.starts_with("session=; Max-Age=0;"))
}

/// Removes the CSRF token, which is random.
fn mask(state: &str) -> String {
    let before = format!("\"{CSRF_KEY}\": \"");
    match state.split_once(&before) {
        Some((start, rest)) => format!("{start}{before}{}", rest.get(40..).unwrap_or_default()),
        None => state.to_owned(),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: T, expected: T) -> Result<(), String> {
    if ours == expected { Ok(()) } else { Err(format!("{what}: {ours:?}, expected {expected:?}")) }
}

/// Removes steps as long as the script still fails: half of them at a time, then a quarter, and so on. Returns the
/// remaining steps and their failure.
fn shortest(
    mut steps: Vec<Step>,
    mut why: String,
    mut fails: impl FnMut(&[Step]) -> Option<(usize, String)>,
) -> (Vec<Step>, String) {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(start..(start + size).min(steps.len()));
            match fails(&fewer) {
                Some((at, another)) => {
                    fewer.truncate(at + 1);
                    (steps, why) = (fewer, another);
                }
                None => start += size,
            }
        }
        size /= 2;
    }
    (steps, why)
}

fn seed() -> u64 {
    match env::var("SIGNED_SESSION_SEED") {
        Ok(seed) => seed.parse().expect("SIGNED_SESSION_SEED is a number"),
        Err(_) => SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_nanos() as u64),
    }
}
