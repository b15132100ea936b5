//! Golden vectors: cookies, some written by Pyramid and some crafted, each with the expected result of reading it.
//!
//! `pyramid/mint.py` documents the format of `vectors/pyramid.json`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use session_core::json::{self, Json};
use session_core::{EntryRef, MalformedRecord, ManualClock, Record, State, Timestamp};
use signed_session::{
    BaseCookieSessionFactory, BuildError, CookieSession, JsonSerializer, PickleSerializer, Salt, Secret,
    Serializer, SignedCookieSessionFactory,
};

#[derive(Deserialize)]
struct Vector {
    name: String,
    hashalg: String,
    salt: Text,
    secret: Text,
    serializer: String,
    cookie: String,
    payload_hex: String,
    now: f64,
    timeout: Option<u64>,
    expect: String,
    origin: String,
    accessed: Option<f64>,
    protocol: Option<u8>,
    created: Option<f64>,
    state_json: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Bytes { hex: String },
}

impl Text {
    fn into<T: From<String> + From<Vec<u8>>>(self) -> T {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes { hex } => unhex(&hex).into(),
        }
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../vectors/pyramid.json")).unwrap()
}

/// Returns all vectors except those with a timeout of zero, which the builder refuses.
fn readable_vectors() -> impl Iterator<Item = Vector> {
    vectors().into_iter().filter(|vector| vector.timeout != Some(0))
}

impl Vector {
    fn factory<S: Serializer>(
        &self,
        serializer: S,
        clock: &ManualClock,
    ) -> Result<BaseCookieSessionFactory<impl Serializer + use<S>>, BuildError> {
        SignedCookieSessionFactory::builder(self.secret.clone().into::<Secret>())
            .allow_weak_secret()
            .salt(self.salt.clone().into::<Salt>())
            .hashalg(&self.hashalg)?
            .serializer(serializer)
            .timeout(self.timeout.map(Duration::from_secs))
            .clock(clock.clone())
            .build()
    }

    fn clock(&self) -> ManualClock {
        ManualClock::new(Timestamp::from_secs(self.now).unwrap())
    }

    fn cookie_header(&self) -> String {
        format!("session={}", self.cookie)
    }

    /// Returns the text of a JSON payload.
    fn payload(&self) -> String {
        String::from_utf8(unhex(&self.payload_hex)).unwrap()
    }

    fn is(&self, serializer: &str, expect: &str) -> bool {
        self.serializer == serializer && self.expect == expect
    }

    /// Reads the cookie. Returns an error that describes the first difference from the vector.
    fn read<S: Serializer>(&self, serializer: S) -> Result<(), String> {
        let factory = self.factory(serializer, &self.clock()).map_err(|error| error.to_string())?;
        let mut session = factory.load(&*self.cookie_header());
        let outcome = outcome(&session);
        if outcome != self.expect {
            return Err(format!("is {outcome}, expected {}", self.expect));
        }
        if outcome == "valid" {
            self.check_times(&session)?;
            self.check_state(session.state())?;
        } else {
            is_blank(&session, self.now)?;
        }
        // Reading a rejected session sends nothing, so the bad cookie stays.
        match factory.save(&mut session).map_err(|error| error.to_string())?.into_session_cookie() {
            Some(cookie) if outcome != "valid" => {
                Err(format!("is {outcome}, but causes a Set-Cookie: {cookie}"))
            }
            _ => Ok(()),
        }
    }

    fn check_times<S: Serializer>(&self, session: &CookieSession<S>) -> Result<(), String> {
        let seen = (Some(session.accessed().as_secs()), Some(session.created().as_secs()), session.is_new());
        let expected = (self.accessed, self.created, false);
        if seen == expected {
            Ok(())
        } else {
            Err(format!("(accessed, created, new) = {seen:?}, not {expected:?}"))
        }
    }

    fn check_state(&self, state: &State) -> Result<(), String> {
        let Some(text) = self.state_json.as_deref() else { return self.check_kept(state) };
        if self.origin == "pyramid" || self.serializer == "pickle" {
            return same_entries(state, &State::from_json(text.into()).map_err(|error| error.to_string())?);
        }
        // Pyramid did not write this payload, and its JSON may be spelled differently. We must read the same value as
        // Python does, and keep the spelling.
        let record = Record::from_json(self.payload().into_bytes()).map_err(|error| error.to_string())?;
        same_entries(state, &record.state)?;
        let seen = state.to_json().unwrap();
        let same = same_value(Json::parse(&seen), Json::parse(text));
        if same { Ok(()) } else { Err(format!("{seen} is not equal to {text}")) }
    }

    /// Checks a state that JSON cannot hold, or whose JSON text is beyond our limits.
    fn check_kept(&self, state: &State) -> Result<(), String> {
        if self.serializer == "json" {
            let seen = state.to_json().unwrap();
            let is_kept = self.payload().ends_with(&format!(", {seen}]"));
            return if is_kept { Ok(()) } else { Err(format!("{seen} is not the end of the payload")) };
        }
        // Each pickled state has one entry. Its key is `k`, except in the vectors that test a key. In those, the value
        // is 1.
        let entries: Vec<_> = state.entries().collect();
        let is_one = |entry: &EntryRef<'_>| entry.value_json().is_ok_and(|text| text == "1");
        match &entries[..] {
            [entry] if entry.json().is_ok() && entry.value_json().is_ok() => Err("has only JSON".to_owned()),
            [entry] if entry.name() == "k" => Ok(()),
            [entry] if self.name.ends_with(" as a key") && is_one(entry) => Ok(()),
            _ => Err(format!("has the keys {:?}", state.keys().collect::<Vec<_>>())),
        }
    }
}

fn outcome<S: Serializer>(session: &CookieSession<S>) -> &'static str {
    match session.rejection() {
        None => "valid",
        Some(why) => {
            let kinds = [
                (why.is_expired(), "expired"),
                (why.is_bad_signature(), "bad_signature"),
                (why.is_malformed(), "malformed"),
                (why.is_missing(), "missing"),
            ];
            let mut true_ones = kinds.iter().filter(|kind| kind.0).map(|kind| kind.1);
            let (Some(kind), None) = (true_ones.next(), true_ones.next()) else {
                return "of no kind, or of several";
            };
            kind
        }
    }
}

impl Vector {
    /// Loads the session at a given time, marks it as changed, and returns the value of the cookie that is then sent.
    fn touched_at<S: Serializer>(&self, secs: f64, serializer: S) -> String {
        let clock = ManualClock::new(Timestamp::from_secs(secs).unwrap());
        let factory = self.factory(serializer, &clock).unwrap();
        let mut session = factory.load(&*self.cookie_header());
        session.changed();
        factory.save(&mut session).unwrap().into_session_cookie().unwrap().value().to_owned()
    }
}

fn is_blank<S: Serializer>(session: &CookieSession<S>, now: f64) -> Result<(), String> {
    let blank = session.is_new()
        && session.created().as_secs() == now
        && session.accessed().as_secs() == now
        && session.state().is_empty();
    if blank { Ok(()) } else { Err("is not a new session".into()) }
}

fn same_entries(seen: &State, expected: &State) -> Result<(), String> {
    if seen.len() != expected.len() {
        return Err(format!("has {} entries, not {}", seen.len(), expected.len()));
    }
    let text = |entry: EntryRef<'_>| {
        let json = entry.json().map(|(_, text)| text.to_owned());
        (entry.name().to_owned(), json, entry.value_json().map(|text| text.to_owned()))
    };
    match seen.entries().map(text).zip(expected.entries().map(text)).find(|(one, other)| one != other) {
        Some((one, other)) => Err(format!("has {one:?}, not {other:?}")),
        None => Ok(()),
    }
}

fn same_value(one: Result<Json<'_>, MalformedRecord>, other: Result<Json<'_>, MalformedRecord>) -> bool {
    let same_text = |one: &str, other: &str| same_value(Json::parse(one), Json::parse(other));
    match (one, other) {
        (Ok(Json::Null), Ok(Json::Null)) => true,
        (Ok(Json::Bool(one)), Ok(Json::Bool(other))) => one == other,
        (Ok(Json::String(one)), Ok(Json::String(other))) => json::unquote(one) == json::unquote(other),
        (Ok(Json::Number(one)), Ok(Json::Number(other))) => {
            match (one.parse::<i64>(), other.parse::<i64>()) {
                (Ok(one), Ok(other)) => one == other,
                (Err(_), Err(_)) => one.parse().map(f64::to_bits) == other.parse().map(f64::to_bits),
                _ => false,
            }
        }
        (Ok(Json::Array(one)), Ok(Json::Array(other))) => {
            one.clone().count() == other.clone().count()
                && one.zip(other).all(|(one, other)| same_text(one, other))
        }
        (Ok(Json::Object(one)), Ok(Json::Object(other))) => {
            one.clone().count() == other.clone().count()
                && one.zip(other).all(|(one, other)| same_text(one.0, other.0) && same_text(one.1, other.1))
        }
        _ => false,
    }
}

fn fail_if_any(errors: &[String]) {
    assert!(errors.is_empty(), "{} vectors:\n{}", errors.len(), errors.join("\n"));
}

#[test]
fn every_vector_is_read_as_it_should_be() {
    let mut counts = BTreeMap::<(String, String), usize>::new();
    let mut errors = Vec::new();
    for vector in readable_vectors() {
        let read = match &*vector.serializer {
            "json" => vector.read(JsonSerializer),
            "pickle" => vector.read(PickleSerializer::default()),
            other => Err(format!("needs an unknown serializer: {other}")),
        };
        errors.extend(read.err().map(|error| format!("{}: {error}", vector.name)));
        *counts.entry((vector.serializer, vector.expect)).or_default() += 1;
    }
    println!("vectors read: {counts:?}");
    fail_if_any(&errors);
    // The minima make the test fail if vectors disappear from the file.
    for (serializer, expect, least) in [
        ("json", "valid", 110),
        ("json", "expired", 3),
        ("json", "bad_signature", 24),
        ("json", "malformed", 60),
        ("pickle", "valid", 130),
        ("pickle", "expired", 1),
        ("pickle", "malformed", 40),
    ] {
        let count = counts.get(&(serializer.into(), expect.into())).copied().unwrap_or(0);
        assert!(count >= least, "{count} {serializer} vectors that are {expect}, expected at least {least}");
    }
}

#[test]
fn zero_timeout_is_refused_by_build() {
    let vectors: Vec<_> = vectors().into_iter().filter(|vector| vector.timeout == Some(0)).collect();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let error = vector.factory(JsonSerializer, &vector.clock()).err().unwrap();
        assert_eq!(error.option(), "timeout", "{}", vector.name);
    }
}

/// A session that is saved within the same second as its last access gives the same cookie again, byte for byte.
#[test]
fn json_cookie_is_rewritten_byte_for_byte() {
    let mut errors = Vec::new();
    let mut count = 0;
    for vector in readable_vectors().filter(|vector| vector.is("json", "valid") && vector.origin == "pyramid")
    {
        // After a bare `changed()`, we write the current second, as an integer. Pyramid writes the access time that it
        // read from the cookie, as a float. So the clock is set to the cookie's access time, and cookies whose access
        // time is a float are skipped.
        let payload = vector.payload();
        let accessed = payload.trim_start_matches('[').split(',').next().unwrap();
        let Ok(second) = accessed.parse::<i64>() else { continue };

        let written = vector.touched_at(second as f64, JsonSerializer);
        if written != vector.cookie {
            errors.push(format!("{}: {payload}", vector.name));
        }
        count += 1;
    }
    println!("cookies written byte for byte as Pyramid writes them: {count}");
    fail_if_any(&errors);
    assert!(count >= 95, "{count} vectors, expected at least 95");
}

/// A session with values that JSON cannot hold, or whose JSON text is beyond our limits, is written back unchanged.
#[test]
fn session_with_non_json_value_is_rewritten_byte_for_byte() {
    let is_kept = |vector: &Vector| {
        vector.expect == "valid" && vector.state_json.is_none() && vector.origin == "pyramid"
    };
    let mut counts = BTreeMap::<String, usize>::new();
    for vector in readable_vectors().filter(is_kept) {
        let accessed = vector.accessed.unwrap();
        let written = match vector.protocol {
            None => vector.touched_at(accessed, JsonSerializer),
            Some(protocol) => vector.touched_at(accessed, PickleSerializer::new(protocol).unwrap()),
        };
        assert_eq!(written, vector.cookie, "{}", vector.name);
        *counts.entry(vector.serializer).or_default() += 1;
    }
    assert!(counts["json"] >= 2 && counts["pickle"] >= 60, "{counts:?}");
}

/// A pickled session that is saved within the same second as its last access gives the same cookie again, byte for
/// byte. The test covers every protocol. We write the access time as an integer, so cookies whose access time is a
/// float are exceptions: the vector with a fraction is skipped, and the vector with a whole second differs.
#[test]
fn pickle_cookie_is_rewritten_byte_for_byte() {
    const HIGHEST: u8 = 5;
    let (mut same, mut others) = (0, Vec::new());
    for vector in
        readable_vectors().filter(|vector| vector.is("pickle", "valid") && vector.origin == "pyramid")
    {
        let accessed = vector.accessed.unwrap();
        if accessed.fract() != 0.0 {
            continue;
        }
        let serializer = PickleSerializer::new(vector.protocol.unwrap_or(HIGHEST)).unwrap();
        if vector.touched_at(accessed, serializer) == vector.cookie {
            same += 1;
        } else {
            others.push(vector.name);
        }
    }
    assert_eq!(others, ["time: accessed is a float, pickle"]);
    assert!(same >= 100, "{same} cookies are the same, expected at least 100");
}

/// After we pickle a state and read it back, its entries have the same keys and JSON texts as before. If JSON cannot
/// hold an entry, the error is the same as before.
#[test]
fn pickle_cookie_round_trips() {
    let mut count = 0;
    for vector in readable_vectors().filter(|vector| vector.is("pickle", "valid")) {
        let clock = vector.clock();
        let factory = vector.factory(PickleSerializer::default(), &clock).unwrap();
        let mut session = factory.load(&*vector.cookie_header());
        session.changed();
        let set_cookie = match factory.save(&mut session) {
            Ok(set_cookies) => set_cookies.into_session_cookie().unwrap(),
            Err(error) => panic!("{}: {error}", vector.name),
        };

        let again = factory.load(&*format!("session={}", set_cookie.value()));
        assert_eq!(again.created().as_secs(), vector.created.unwrap(), "{}", vector.name);
        same_entries(again.state(), session.state())
            .unwrap_or_else(|error| panic!("{} {error}", vector.name));
        count += 1;
    }
    assert!(count >= 65, "{count} vectors, expected at least 65");
}

#[test]
fn worked_examples_are_read_and_written() {
    let examples: Vec<_> =
        vectors().into_iter().filter(|vector| vector.name.starts_with("worked example")).collect();
    let [json, pickle] = &examples[..] else { panic!("{} worked examples", examples.len()) };
    assert_eq!(
        json.cookie,
        "dt9oEI7g02L2km2slRQOGOJlDsZpcXStngAhlGCgCeqeXbT-z0Q6anHuuMIRRI6X-V-Vb_zgjqGALLKdhAy781sxNzAwMDAwMDAwLCAxNjk5\
         OTk5MDAwLjUsIHsiYSI6IDF9XQ",
    );
    assert_eq!(
        pickle.cookie,
        "95UiI7oqKHcVQpZ1CTXPA-X5mEB9qFYDrasI6c95RlIFuVfr5iFbNy_gpQ5Hljfzv2WZK_Hpmu0TUXZ5oXm2KIAElRoAAAAAAAAASgDxU2VH\
         QdlU-0YgAAB9lIwBYZRLAXOHlC4",
    );
    json.read(JsonSerializer).unwrap();
    pickle.read(PickleSerializer::default()).unwrap();
    assert_eq!(json.touched_at(1_700_000_000.0, JsonSerializer), json.cookie);
    assert_eq!(pickle.touched_at(1_700_000_000.0, PickleSerializer::default()), pickle.cookie);
}
