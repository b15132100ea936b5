//! HMAC algorithms, chosen by a hash's name in Python's `hashlib`.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Blake2s256};
use digest::{KeyInit, Mac};
use hmac::{Hmac, SimpleHmac};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use crate::{Algorithm, KeyError, Sign, Signer};

/// An HMAC algorithm chosen by the name of its hash at run time, like Pyramid's `hashalg`.
///
/// The MAC is always an HMAC: `blake2b` is HMAC over BLAKE2b-512, not BLAKE2's keyed mode. For the keyed mode, use
/// [`MacAlgorithm<Blake2bMac512>`](crate::MacAlgorithm).
///
/// | name | tag length in bytes | aliases, in any case |
/// |---|---|---|
/// | `sha224` | 28 | `SHA224`, `SHA-224`, `SHA2-224` |
/// | `sha256` | 32 | `SHA256`, `SHA-256`, `SHA2-256` |
/// | `sha384` | 48 | `SHA384`, `SHA-384`, `SHA2-384` |
/// | `sha512` | 64 | `SHA512`, `SHA-512`, `SHA2-512` |
/// | `sha3_224` | 28 | `SHA3-224` |
/// | `sha3_256` | 32 | `SHA3-256` |
/// | `sha3_384` | 48 | `SHA3-384` |
/// | `sha3_512` | 64 | `SHA3-512` |
/// | `blake2b` | 64 | `BLAKE2b512`, `BLAKE2b-512` |
/// | `blake2s` | 32 | `BLAKE2s256`, `BLAKE2s-256` |
/// | `md5`, feature `legacy-hashes` | 16 | `MD5` |
/// | `sha1`, feature `legacy-hashes` | 20 | `SHA1`, `SHA-1` |
///
/// The aliases are OpenSSL's names, and OpenSSL ignores case. Names such as `sha3_256` and `blake2b` are names of
/// `hashlib` itself. If such a name is in upper case, `hashlib.new` passes it to OpenSSL, which does not know it. So
/// `SHA3_256` and `BLAKE2B` are unknown here as well.
///
/// ```
/// # extern crate session_sign as signed_session;
/// use signed_session::HashAlg;
///
/// let hashalg: HashAlg = "SHA-512".parse()?;
/// assert_eq!(hashalg.to_string(), "sha512");
/// assert_eq!(hashalg.tag_len(), 64);
/// assert!("shake_128".parse::<HashAlg>().unwrap_err().is_xof());
/// # Ok::<(), session_sign::HashAlgError>(())
/// ```
#[derive(Clone, Copy)]
pub struct HashAlg(&'static NamedHmac);

struct NamedHmac {
    name: &'static str,
    aliases: &'static [&'static str],
    tag_len: fn() -> usize,
    signer: MakeSigner,
}

type MakeSigner = fn(&[u8]) -> Result<Box<dyn Sign>, KeyError>;

const MD5: &[&str] = &["MD5"];
const SHA1: &[&str] = &["SHA1", "SHA-1"];

static HMACS: &[NamedHmac] = &[
    named::<Hmac<Sha224>>("sha224", &["SHA224", "SHA-224", "SHA2-224"]),
    named::<Hmac<Sha256>>("sha256", &["SHA256", "SHA-256", "SHA2-256"]),
    named::<Hmac<Sha384>>("sha384", &["SHA384", "SHA-384", "SHA2-384"]),
    named::<Hmac<Sha512>>("sha512", &["SHA512", "SHA-512", "SHA2-512"]),
    named::<SimpleHmac<Sha3_224>>("sha3_224", &["SHA3-224"]),
    named::<SimpleHmac<Sha3_256>>("sha3_256", &["SHA3-256"]),
    named::<SimpleHmac<Sha3_384>>("sha3_384", &["SHA3-384"]),
    named::<SimpleHmac<Sha3_512>>("sha3_512", &["SHA3-512"]),
    named::<SimpleHmac<Blake2b512>>("blake2b", &["BLAKE2b512", "BLAKE2b-512"]),
    named::<SimpleHmac<Blake2s256>>("blake2s", &["BLAKE2s256", "BLAKE2s-256"]),
    #[cfg(feature = "legacy-hashes")]
    named::<Hmac<md5::Md5>>("md5", MD5),
    #[cfg(feature = "legacy-hashes")]
    named::<Hmac<sha1::Sha1>>("sha1", SHA1),
];

const fn named<M>(name: &'static str, aliases: &'static [&'static str]) -> NamedHmac
where
    M: Mac + KeyInit + Clone + Send + Sync + 'static,
{
    NamedHmac { name, aliases, tag_len: M::output_size, signer: boxed::<M> }
}

fn boxed<M: Mac + KeyInit + Clone + Send + Sync + 'static>(key: &[u8]) -> Result<Box<dyn Sign>, KeyError> {
    Ok(Box::new(Signer::<M>::new(key)?))
}

/// Returns whether `name` is one of the aliases, ignoring case as OpenSSL does.
fn is_alias(aliases: &[&str], name: &str) -> bool {
    aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}

impl HashAlg {
    /// Returns the supported names, as `hashlib` spells them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        HMACS.iter().map(|hmac| hmac.name)
    }

    /// Returns the name, as `hashlib` spells it.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Returns the length in bytes of the tags.
    pub fn tag_len(&self) -> usize {
        (self.0.tag_len)()
    }
}

impl Algorithm for HashAlg {
    type Signer = Box<dyn Sign>;

    fn signer(&self, key: &[u8]) -> Result<Box<dyn Sign>, KeyError> {
        (self.0.signer)(key)
    }
}

impl FromStr for HashAlg {
    type Err = HashAlgError;

    fn from_str(name: &str) -> Result<Self, HashAlgError> {
        HMACS
            .iter()
            .find(|hmac| hmac.name == name || is_alias(hmac.aliases, name))
            .map(Self)
            .ok_or_else(|| HashAlgError::new(name))
    }
}

impl fmt::Display for HashAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for HashAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HashAlg").field(&self.name()).finish()
    }
}

impl PartialEq for HashAlg {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for HashAlg {}

/// Error returned when no [`HashAlg`] has the given name. `Display` lists the supported names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashAlgError {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unknown,
    Legacy,
    Xof,
}

impl HashAlgError {
    fn new(name: &str) -> Self {
        let is_shake = name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("shake"));
        let kind = if is_alias(MD5, name) || is_alias(SHA1, name) {
            Kind::Legacy
        } else if is_shake {
            Kind::Xof
        } else {
            Kind::Unknown
        };
        Self { name: name.to_owned(), kind }
    }

    /// Returns `true` if the name is unknown.
    pub fn is_unknown(&self) -> bool {
        self.kind == Kind::Unknown
    }

    /// Returns `true` if the hash is MD5 or SHA-1, and the feature `legacy-hashes` is off.
    pub fn is_legacy(&self) -> bool {
        self.kind == Kind::Legacy
    }

    /// Returns `true` if the name begins with `shake`, ignoring case, as `shake_128` and `SHAKE256` do.
    ///
    /// The output of SHAKE has no fixed length, so HMAC cannot use SHAKE, here or in Python.
    pub fn is_xof(&self) -> bool {
        self.kind == Kind::Xof
    }
}

impl fmt::Display for HashAlgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.kind {
            Kind::Unknown => write!(f, "unknown hash {name:?}")?,
            Kind::Legacy => {
                write!(
                    f,
                    "hash {name:?} is broken and disabled; enable the feature `legacy-hashes` to read old data"
                )?;
            }
            Kind::Xof => write!(f, "hash {name:?} has no fixed output length, so HMAC cannot use it")?,
        }
        f.write_str("; available: ")?;
        for (i, name) in HashAlg::names().enumerate() {
            write!(f, "{}{name}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Error for HashAlgError {}

#[cfg(test)]
mod tests {
    use super::HashAlgError;

    /// Calls the private constructor, because with the feature `legacy-hashes` no name causes this error.
    #[test]
    fn error_for_md5_and_sha1_is_legacy() {
        for name in ["md5", "MD5", "sha1", "Sha-1"] {
            let error = HashAlgError::new(name);
            assert!(error.is_legacy() && !error.is_unknown() && !error.is_xof(), "{name}");
            assert!(error.to_string().contains("`legacy-hashes`"), "{error}");
        }
    }
}
