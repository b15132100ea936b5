//! The ways to protect a cookie.

use clap::ValueEnum;
use signed_session::parts::session_encrypt::EnvelopeParts;
use signed_session::{Aes256GcmSiv, HashAlg, UnverifiedEnvelope, XChaCha20Poly1305};

/// How a cookie is protected.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Protection {
    /// The cookie is signed with an HMAC that uses this hash.
    Signed(HashAlg),
    /// The cookie is encrypted with this AEAD.
    Encrypted(Aead),
    /// The cookie holds the id of a session in a store, signed with HMAC-SHA-256.
    SessionId,
}

/// The algorithm of an encrypted cookie.
#[derive(Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum Aead {
    #[default]
    #[value(name = "aes-256-gcm-siv")]
    Aes256GcmSiv,
    #[value(name = "xchacha20-poly1305")]
    XChaCha20Poly1305,
}

impl Aead {
    /// Returns the parts of an encrypted value. Returns `None` if the value is too short for this AEAD, or has an
    /// unknown version.
    pub(crate) fn parts(self, envelope: &UnverifiedEnvelope) -> Option<EnvelopeParts<'_>> {
        match self {
            Self::Aes256GcmSiv => envelope.parts::<Aes256GcmSiv>(),
            Self::XChaCha20Poly1305 => envelope.parts::<XChaCha20Poly1305>(),
        }
    }
}

impl Default for Protection {
    fn default() -> Self {
        Self::all().next().expect("there is at least one protection")
    }
}

impl Protection {
    /// Returns all protections, the default first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let mut hashes: Vec<HashAlg> = HashAlg::names().filter_map(|name| name.parse().ok()).collect();
        // The sort is stable, so the hashes after the default keep their order.
        hashes.sort_by_key(|hash| hash.name() != DEFAULT_HASH);
        let aeads = Aead::value_variants().iter().copied().map(Self::Encrypted);
        hashes.into_iter().map(Self::Signed).chain(aeads).chain([Self::SessionId])
    }

    pub(crate) fn is_signed(&self) -> bool {
        matches!(self, Self::Signed(_))
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Encrypted(_))
    }

    /// Returns the name of the kind of protection in the report.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Signed(_) => "signed",
            Self::Encrypted(_) => "encrypted",
            Self::SessionId => "id",
        }
    }

    /// Returns the name of the hash or the AEAD.
    pub(crate) fn algorithm(&self) -> String {
        match self {
            Self::Signed(hash) => hash.name().to_owned(),
            Self::Encrypted(aead) => {
                aead.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
            }
            Self::SessionId => ID_HASH.to_owned(),
        }
    }
}

/// The hash of the MAC of a session id.
pub(crate) const ID_HASH: &str = "sha256";

/// The default hash of Pyramid.
const DEFAULT_HASH: &str = "sha512";
