//! Serializers of your own: a format, which is two methods, and a decorator, which wraps another serializer.
//!
//! `cargo run --example custom_serializer`

use std::borrow::Cow;
use std::error::Error;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;
use session_serde::Loaded;
use signed_session::{
    BaseCookieSessionFactory, CookieSession, DumpError, JsonSerializer, LoadError, Secret, Serializer,
    SignedCookieSessionFactory,
};

/// JSON without spaces and without `\u` escapes: smaller than what Python writes, which it can read all the same.
struct CompactJson;

impl Serializer for CompactJson {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        serde_json::to_vec(value).map_err(|_| DumpError::unsupported("a value that compact JSON cannot hold"))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        serde_json::from_slice(bytes).map_err(|_| LoadError::malformed("not JSON of the expected shape"))
    }

    /// Not asked for, but right for any kind of JSON: through serde, integers beyond 64 bits would become floats.
    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        Ok(Loaded::fresh(Record::from_json(bytes.into_owned())?))
    }
}

/// Puts a number in front of what another serializer writes. Raise it when your entries change their meaning: the
/// sessions from before are then new ones.
///
/// It hands the record itself to the inner serializer, in the two further methods. Through `dumps` and `loads` alone
/// it would work as well, but an entry would no longer go back as it was spelled.
struct Epoch<S> {
    epoch: u8,
    inner: S,
}

impl<S> Epoch<S> {
    fn strip<'b>(&self, bytes: &'b [u8]) -> Result<&'b [u8], LoadError> {
        bytes.strip_prefix(&[self.epoch]).ok_or_else(|| LoadError::malformed("of another epoch"))
    }
}

impl<S: Serializer> Serializer for Epoch<S> {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let mut out = vec![self.epoch];
        out.extend(self.inner.dumps(value)?);
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        self.inner.loads(self.strip(bytes)?)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        out.push(self.epoch);
        self.inner.dumps_record(record, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        self.inner.loads_record(self.strip(&bytes)?.into())
    }
}

const CITIES: [&str; 3] = ["Köln", "Zürich", "Kraków"];

fn main() -> Result<(), Box<dyn Error>> {
    let secret = Secret::generate()?;

    // The same session in two formats. Both are signed: that is around the serializer, not in it.
    let python = SignedCookieSessionFactory::builder(secret.clone()).build()?;
    let compact = SignedCookieSessionFactory::builder(secret.clone()).serializer(CompactJson).build()?;
    let (python_cookie, compact_cookie) = (visit(&python)?, visit(&compact)?);
    println!("JsonSerializer: {} bytes\nCompactJson:    {} bytes", python_cookie.len(), compact_cookie.len());
    assert!(compact_cookie.len() < python_cookie.len());

    let session = compact.load(&*compact_cookie);
    assert_eq!(session.get::<Vec<String>>("cities")?.as_deref(), Some(&CITIES.map(String::from)[..]));

    // The decorator around the serializer that preserves every byte: an integer that no Rust type holds survives.
    let epoch = |epoch| {
        let serializer = Epoch { epoch, inner: JsonSerializer };
        SignedCookieSessionFactory::builder(secret.clone()).serializer(serializer).build()
    };
    let first = epoch(1)?;
    let huge = "123456789012345678901234567890";
    let mut session = first.load(None::<&str>);
    session.state_mut().insert_json("huge", huge.to_owned())?;
    let cookie = sent(&first, &mut session)?;
    let session = first.load(&*cookie);
    assert_eq!(session.state().get_json("huge")?, Some(huge));
    println!("\nepoch 1: {huge} came back as it was");

    // CompactJson goes through serde's data model, which has no such integer: an error, not a number that is near.
    let mut session = compact.load(None::<&str>);
    session.state_mut().insert_json("huge", huge.to_owned())?;
    let error = compact.save(&mut session).err().ok_or("compact JSON wrote a huge integer")?;
    assert!(error.is_unserializable());
    println!("CompactJson: {error}");

    // The next epoch takes nothing from the one before.
    let second = epoch(2)?;
    let session = second.load(&*cookie);
    let rejection = session.rejection().ok_or("a session of another epoch was taken")?;
    assert!(rejection.is_malformed());
    println!("epoch 2: {rejection}");
    Ok(())
}

/// A session with a few entries; the cookie that holds it.
fn visit<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) -> Result<String, Box<dyn Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("user", 4711)?;
    session.insert("cities", CITIES)?;
    session.insert("cart", [(1, 2.5), (2, 0.75)])?;
    sent(sessions, &mut session)
}

fn sent<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    session: &mut CookieSession<S>,
) -> Result<String, Box<dyn Error>> {
    let set_cookie = sessions.save(session)?.ok_or("nothing to send")?;
    Ok(format!("{}={}", set_cookie.name(), set_cookie.value()))
}
