//! The protection that signs cookies.

use std::sync::Arc;

use session_serde::{JsonSerializer, Serializer};
use session_sign::{Algorithm, Key, KeyRing, MacAlgorithm, Salt, Secret, Secrets};

use crate::error::{BuildError, RETIRED_SECRET, SECRET};
use crate::protection::{Protected, Protection, sealed};
use crate::rotation::Strength;
use crate::signed::{HmacSha512, SignedSerializer};

/// Protection by a signature. The serializer `S` writes the payload, and the algorithm `A` signs it with a key that is
/// derived from the salt and the secret.
///
/// The default type parameters are Pyramid's defaults: HMAC-SHA-512 over JSON.
#[derive(Debug)]
pub struct Signing<A = MacAlgorithm<HmacSha512>, S = JsonSerializer> {
    pub(crate) signers: Signers<A>,
    pub(crate) serializer: S,
    pub(crate) secrets: Secrets,
}

/// The options for creating signers from secrets.
#[derive(Debug)]
pub(crate) struct Signers<A> {
    pub(crate) algorithm: A,
    pub(crate) salt: Salt,
    pub(crate) allow_weak_secret: bool,
    pub(crate) allow_weak_retired_secrets: bool,
}

/// Pyramid's default salt.
const DEFAULT_SALT: &str = "pyramid.session.";

impl Signing {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self {
            signers: Signers {
                algorithm: MacAlgorithm::default(),
                salt: DEFAULT_SALT.into(),
                allow_weak_secret: false,
                allow_weak_retired_secrets: false,
            },
            serializer: JsonSerializer,
            secrets,
        }
    }
}

impl<A: Algorithm> Signers<A> {
    fn key_ring(&self, secrets: &Secrets, strength: Strength) -> Result<KeyRing<A::Signer>, BuildError> {
        key_ring(&self.algorithm, &self.salt, secrets, |secret, option| {
            let (allow_weak, alternative) = match option {
                SECRET => (self.allow_weak_secret || strength == Strength::Any, SECRET_ALTERNATIVE),
                _ => (self.allow_weak_retired_secrets, RETIRED_SECRET_ALTERNATIVE),
            };
            match allow_weak {
                true => Ok(()),
                false => secret.check_strength().map_err(BuildError::of_secret(option, alternative)),
            }
        })
    }
}

/// Derives a key from each secret. First calls `check` with the secret and the name of its option.
pub(crate) fn key_ring<A: Algorithm>(
    algorithm: &A,
    salt: &Salt,
    secrets: &Secrets,
    check: impl Fn(&Secret, &'static str) -> Result<(), BuildError>,
) -> Result<KeyRing<A::Signer>, BuildError> {
    let signer = |secret: &Secret, option| {
        check(secret, option)?;
        let key = Key::derive(salt, secret).map_err(BuildError::of_secret(option, ""))?;
        algorithm.signer(key.as_ref()).map_err(BuildError::of_key)
    };
    let current = signer(secrets.current(), SECRET)?;
    secrets.retired().iter().try_fold(KeyRing::new(current), |keys, secret| {
        Ok(keys.with_retired(signer(secret, RETIRED_SECRET)?))
    })
}

/// Appended to the error of a weak current secret.
const SECRET_ALTERNATIVE: &str = ", or call allow_weak_secret() while Pyramid still signs with it";

/// Appended to the error of a weak retired secret.
const RETIRED_SECRET_ALTERNATIVE: &str =
    ", or call allow_weak_retired_secrets() until its sessions have timed out";

impl<A, S> sealed::Sealed for Signing<A, S> {}

impl<A, S> sealed::Keyed for Signing<A, S> {
    fn secrets_mut(&mut self) -> &mut Secrets {
        &mut self.secrets
    }
}

impl<A: Algorithm, S: Serializer> Protection for Signing<A, S> {
    type Serializer = SignedSerializer<A::Signer, S>;

    fn protect(self, _: &str) -> Result<Protected<Self::Serializer>, BuildError> {
        let (signers, inner) = (self.signers, Arc::new(self.serializer));
        Protected::rotating(self.secrets, move |secrets, strength| {
            Ok(SignedSerializer { keys: signers.key_ring(secrets, strength)?, inner: Arc::clone(&inner) })
        })
    }
}
