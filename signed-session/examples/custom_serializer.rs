//! Custom serializers: a format, and a decorator that wraps another serializer.
//!
//! Run it with `cargo run --example custom_serializer`.

use std::borrow::Cow;
use std::error::Error;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signed_session::{
    BaseCookieSessionFactory, CookieSession, DumpError, JsonSerializer, LoadError, Loaded, Record, Secret,
    Serializer, SignedCookieSessionFactory,
};

/// A serializer that writes JSON without spaces, and without `\u` escapes for non-ASCII characters. The output is
/// smaller than Python's JSON, which this serializer can read, too.
struct CompactJson;

impl Serializer for CompactJson {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        serde_json::to_vec(value).map_err(|_| DumpError::unsupported("a value that compact JSON cannot hold"))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        serde_json::from_slice(bytes).map_err(|_| LoadError::malformed("not JSON of the expected shape"))
    }

    /// This method is optional, but every JSON format should have it: the default calls `loads`, and serde_json then
    /// turns integers beyond 64 bits into floats.
    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        Ok(Loaded::new(Record::from_json(bytes.into_owned())?))
    }
}

/// A serializer that writes a number before the output of another serializer. Raise the number when your entries change
/// their meaning: cookies with another number are then rejected.
///
/// The two methods for records call those of the inner serializer. With only `dumps` and `loads`, the decorator
/// would work, but it would not preserve the exact JSON of untouched entries.
struct Epoch<S> {
    epoch: u8,
    inner: S,
}

impl<S> Epoch<S> {
    fn strip<'b>(&self, bytes: &'b [u8]) -> Result<&'b [u8], LoadError> {
        bytes.strip_prefix(&[self.epoch]).ok_or_else(|| LoadError::malformed("written in another epoch"))
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

    // The same session in two formats. Both are signed, because signing wraps the serializer.
    let python = SignedCookieSessionFactory::builder(secret.clone()).build()?;
    let compact = SignedCookieSessionFactory::builder(secret.clone()).serializer(CompactJson).build()?;
    let (python_cookie, compact_cookie) = (mint(&python)?, mint(&compact)?);
    println!("JsonSerializer: {} bytes\nCompactJson:    {} bytes", python_cookie.len(), compact_cookie.len());
    assert!(compact_cookie.len() < python_cookie.len());

    let session = compact.load(&*compact_cookie);
    assert_eq!(session.get::<Vec<String>>("cities")?.as_deref(), Some(&CITIES.map(String::from)[..]));

    // The decorator wraps `JsonSerializer`, which preserves every byte, even of an integer of more than 64 bits.
    let epoch = |epoch| {
        let serializer = Epoch { epoch, inner: JsonSerializer };
        SignedCookieSessionFactory::builder(secret.clone()).serializer(serializer).build()
    };
    let first = epoch(1)?;
    let huge = "123456789012345678901234567890";
    let mut session = first.load(None::<&str>);
    session.state_mut().insert_json("huge", huge.to_owned())?;
    let cookie = save(&first, &mut session)?;
    let session = first.load(&*cookie);
    assert_eq!(session.state().get_json("huge")?, Some(huge));
    println!("\nepoch 1: {huge} is preserved");

    // CompactJson serializes the record with serde. The record then returns an error for an integer of more than 64
    // bits, so saving fails instead of writing a rounded number.
    let mut session = compact.load(None::<&str>);
    session.state_mut().insert_json("huge", huge.to_owned())?;
    let error = compact.save(&mut session).err().ok_or("compact JSON wrote a huge integer")?;
    assert!(error.is_unserializable());
    println!("CompactJson: {error}");

    // The next epoch rejects the cookies of the previous one.
    let second = epoch(2)?;
    let session = second.load(&*cookie);
    let rejection = session.rejection().ok_or("a cookie of another epoch was accepted")?;
    assert!(rejection.is_malformed());
    println!("epoch 2: {rejection}");
    Ok(())
}

/// Returns the `Cookie` header of a session with a few entries.
fn mint<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) -> Result<String, Box<dyn Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("user", 4711)?;
    session.insert("cities", CITIES)?;
    session.insert("cart", [(1, 2.5), (2, 0.75)])?;
    save(sessions, &mut session)
}

fn save<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    session: &mut CookieSession<S>,
) -> Result<String, Box<dyn Error>> {
    let set_cookie = sessions.save(session)?.into_session_cookie().ok_or("nothing to send")?;
    Ok(format!("{}={}", set_cookie.name(), set_cookie.value()))
}
