//! Runs a browser's requests, and compares the session's contents and the cookies' payloads with those of a plain
//! model.
//!
//! Input, decoded by `arbitrary`: the options, and the steps of the requests.

#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;
use session_encrypt::Aes256GcmSiv;
use session_fuzz::encrypted;
use session_fuzz::model::{Model, Record, Sent, text};
use session_fuzz::signed::{self, NOW, Opened, SECRET};
use signed_session::{
    BaseCookieSessionFactory, Builder, Clock, CompactJsonSerializer, CookieSession, EncryptedSerializer,
    ManualClock, Protection, Serializer, SetCookie, SignedCookieSessionFactory, Timestamp,
};

#[derive(Arbitrary, Debug)]
struct Script {
    /// Whether the cookies are encrypted. If not, they are signed.
    encrypted: bool,
    /// The timeout in seconds.
    timeout: Option<u8>,
    /// The re-issue time in seconds.
    reissue_time: Option<u8>,
    requests: Vec<Request>,
}

#[derive(Arbitrary, Debug)]
struct Request {
    wait: Wait,
    steps: Vec<Step>,
}

/// A pause, in quarters of a second. A float can hold these times exactly, so a pause can end exactly at a limit.
#[derive(Arbitrary, Debug)]
enum Wait {
    For(u16),
    /// Until this long after the browser's session times out, or before that if the number is negative.
    UntilTimeout(i8),
    /// Until this long after the session's re-issue time has passed, or before that if the number is negative.
    UntilReissue(i8),
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// Compares the session's times and flags with those of the model. Does not set the access time.
    Look,
    /// Compares the session's entries with those of the model.
    Read,
    Insert(Key, i64),
    InsertText(Key, String),
    Remove(Key),
    Clear,
    Flash(Key, bool),
    PopFlash,
    Changed,
    Invalidate,
    Wait(Wait),
    /// Saves the session and continues the request.
    Save,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Key {
    A,
    Quoted,
    Accented,
}

impl Key {
    fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::Quoted => "\"\\\n",
            Self::Accented => "ключ",
        }
    }
}

/// The cookie that the browser keeps: the `Cookie` line that it sends, and the record in the cookie.
type Kept = Option<(String, Record)>;

struct Site<S> {
    sessions: BaseCookieSessionFactory<S>,
    /// Returns the oracle's verdict on a cookie's value.
    open: fn(&[u8]) -> Opened,
    /// Returns the payload that the factory should write for a record.
    payload: fn(&Record) -> String,
    clock: ManualClock,
    timeout: Option<f64>,
    reissue_time: Option<f64>,
}

impl<S: Serializer> Site<S> {
    fn new(
        script: &Script,
        builder: Builder<impl Protection<Serializer = S>>,
        open: fn(&[u8]) -> Opened,
        payload: fn(&Record) -> String,
    ) -> Option<Self> {
        let clock = ManualClock::new(Timestamp::from_secs(NOW).expect("NOW is finite"));
        let secs = |secs: Option<u8>| secs.map(u64::from).map(Duration::from_secs);
        let built = builder
            .timeout(secs(script.timeout))
            .reissue_time(secs(script.reissue_time))
            .clock(clock.clone())
            .build();
        let is_contradictory = script.timeout.is_some_and(|timeout| {
            let is_too_late =
                |reissue_time: u8| reissue_time > 0 && u16::from(reissue_time) + 1 >= timeout.into();
            timeout < 2 || script.reissue_time.is_some_and(is_too_late)
        });
        assert_eq!(built.is_err(), is_contradictory);
        let (timeout, reissue_time) = (script.timeout.map(f64::from), script.reissue_time.map(f64::from));
        Some(Self { sessions: built.ok()?, open, payload, clock, timeout, reissue_time })
    }

    fn now(&self) -> f64 {
        self.clock.now().as_secs()
    }

    fn wait(&self, wait: &Wait, kept: &Kept) {
        let accessed = kept.as_ref().map_or(self.now(), |(_, record)| record.accessed);
        let after =
            |secs: Option<f64>, quarters: i8| accessed + secs.unwrap_or(0.0) + f64::from(quarters) / 4.0;
        let end = match *wait {
            Wait::For(quarters) => self.now() + f64::from(quarters) / 4.0,
            Wait::UntilTimeout(quarters) => after(self.timeout, quarters),
            Wait::UntilReissue(quarters) => after(self.reissue_time, quarters),
        };
        self.clock.set(Timestamp::from_secs(end.max(self.now())).expect("the time is finite"));
    }

    fn run(&self, script: &Script) {
        let mut kept = None;
        for request in script.requests.iter().take(16) {
            self.request(request, &mut kept);
        }
    }

    fn request(&self, request: &Request, kept: &mut Kept) {
        self.wait(&request.wait, kept);
        let mut session = self.sessions.load(kept.as_ref().map(|(line, _)| line.as_str()));
        // The session is loaded by the first step that uses it, with the time of that step. So that step also creates
        // the model.
        let mut model = None;
        for step in request.steps.iter().take(24) {
            match step {
                Step::Wait(wait) => self.wait(wait, kept),
                Step::Save => self.save(&mut session, model.as_mut(), kept),
                step => {
                    let load = || {
                        Model::load(
                            kept.as_ref().map(|(_, it)| it),
                            self.now(),
                            self.timeout,
                            self.reissue_time,
                        )
                    };
                    take(&mut session, model.get_or_insert_with(load), self.now(), step);
                }
            }
        }
        self.save(&mut session, model.as_mut(), kept);
    }

    fn save(&self, session: &mut CookieSession<S>, model: Option<&mut Model>, kept: &mut Kept) {
        let expected = model.as_ref().map_or(Sent::Nothing, |model| model.to_send());
        let cookie = match self.sessions.save(session) {
            Ok(set_cookies) => {
                assert!(set_cookies.len() <= 1, "{set_cookies:?}");
                set_cookies.into_session_cookie()
            }
            Err(error) => {
                assert!(error.is_too_large(), "{error}");
                assert!(session.encoded_len().expect("JSON can hold the session") > self.sessions.max_len());
                return;
            }
        };
        match (&expected, cookie) {
            (Sent::Nothing, None) => {}
            (Sent::Removal, Some(cookie)) => {
                assert!(cookie.value().is_empty() && cookie.as_str().contains("; Max-Age=0;"));
                *kept = None;
            }
            (Sent::Cookie(record), Some(cookie)) => {
                *kept = Some((self.line(&cookie, record), record.clone()));
            }
            (expected, cookie) => {
                panic!("{expected:?} must be sent, not {:?}", cookie.map(String::from))
            }
        }
        if let Some(model) = model {
            model.was_sent(&expected);
        }
    }

    /// Checks the cookie's payload, and returns the `Cookie` line that the browser sends back.
    fn line(&self, cookie: &SetCookie, record: &Record) -> String {
        let expected = (self.payload)(record).into_bytes();
        assert_eq!((self.open)(cookie.value().as_bytes()), Opened::Verified(expected));
        format!("{}={}", cookie.name(), cookie.value())
    }
}

fn take<S: Serializer>(session: &mut CookieSession<S>, model: &mut Model, now: f64, step: &Step) {
    match step {
        Step::Look => {
            assert_eq!(session.created().as_secs(), model.record.created);
            assert_eq!(session.is_new(), model.is_new);
            assert_eq!(session.accessed().as_secs(), model.accessed.unwrap_or(model.record.accessed));
            assert_eq!(session.rejection().is_some_and(|why| why.is_expired()), model.has_expired);
        }
        Step::Read => {
            let value =
                |key| session.get::<Value>(key).expect("the entry is JSON").expect("the entry exists");
            let entries: Vec<_> = session.keys().map(|key| (key, value(key))).collect();
            assert_eq!(entries, model.read(now).values());
        }
        Step::Insert(key, number) => {
            session.insert(key.as_str(), number).expect("JSON can hold a number");
            model.write(now).set(key.as_str(), number.to_string());
        }
        Step::InsertText(key, value) => {
            session.insert(key.as_str(), value).expect("JSON can hold a string");
            model.write(now).set(key.as_str(), text(value));
        }
        Step::Remove(key) => {
            assert_eq!(session.discard(key.as_str()), model.write(now).remove(key.as_str()));
        }
        Step::Clear => {
            session.clear();
            model.write(now).clear();
        }
        Step::Flash(message, allow_duplicate) => {
            let flashed = match allow_duplicate {
                true => session.flash(message.as_str(), ""),
                false => session.flash_unless_queued(message.as_str(), ""),
            };
            flashed.expect("the queue is a list");
            model.write(now).flash(message.as_str(), *allow_duplicate);
        }
        Step::PopFlash => {
            let messages: Vec<String> = session.pop_flash("").expect("the messages are strings");
            assert_eq!(messages, model.read(now).messages());
            model.write(now).pop_flash();
        }
        Step::Changed => {
            session.changed();
            model.write(now);
        }
        Step::Invalidate => {
            session.invalidate();
            model.invalidate(now);
        }
        Step::Wait(_) | Step::Save => unreachable!("`request` handles this step"),
    }
}

fuzz_target!(|script: Script| -> Corpus {
    let ran = if script.encrypted {
        let serializer =
            EncryptedSerializer::new(encrypted::encrypter::<Aes256GcmSiv>(), CompactJsonSerializer);
        let builder = BaseCookieSessionFactory::with_serializer(serializer);
        let site = Site::new(&script, builder, encrypted::open, Record::compact_json);
        site.map(|site| site.run(&script))
    } else {
        let builder = SignedCookieSessionFactory::builder(SECRET);
        let site = Site::new(&script, builder, signed::open, Record::json);
        site.map(|site| site.run(&script))
    };
    if ran.is_some() { Corpus::Keep } else { Corpus::Reject }
});
