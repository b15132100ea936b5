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
        let allow_weak = self.allow_weak_secret || strength == Strength::Any;
        let current = self.signer(secrets.current(), allow_weak, SECRET, SECRET_HINT)?;
        secrets.retired().iter().try_fold(KeyRing::new(current), |keys, secret| {
            let allow_weak = self.allow_weak_retired_secrets;
            Ok(keys.with_retired(self.signer(secret, allow_weak, RETIRED_SECRET, RETIRED_SECRET_HINT)?))
        })
    }

    fn signer(
        &self,
        secret: &Secret,
        allow_weak: bool,
        option: &'static str,
        hint: &str,
    ) -> Result<A::Signer, BuildError> {
        let build_error = BuildError::of_secret(option, hint);
        if !allow_weak {
            secret.check_strength().map_err(&build_error)?;
        }
        let key = Key::derive(&self.salt, secret).map_err(build_error)?;
        self.algorithm.signer(key.as_ref()).map_err(BuildError::of_key)
    }
}

/// Appended to the error of a weak current secret.
const SECRET_HINT: &str = "; generate one with `signed-session keygen` or `openssl rand -hex 64`, \
                           or call allow_weak_secret() while Pyramid still signs with it";

/// Appended to the error of a weak retired secret.
const RETIRED_SECRET_HINT: &str =
    "; remove it, or call allow_weak_retired_secrets() until its sessions have timed out";

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
