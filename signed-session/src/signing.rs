//! The protection that signs cookies.

use session_serde::{JsonSerializer, Serializer};
use session_sign::{Algorithm, Key, KeyRing, MacAlgorithm, Salt, Secret, SecretError};

use crate::error::BuildError;
use crate::protection::{Protection, sealed};
use crate::signed::{HmacSha512, SignedSerializer};

/// Protection by a signature. The serializer `S` writes the payload, and the algorithm `A` signs it with a key that is
/// derived from the salt and the secret.
///
/// The default type parameters are Pyramid's defaults: HMAC-SHA-512 over JSON.
#[derive(Debug)]
pub struct Signing<A = MacAlgorithm<HmacSha512>, S = JsonSerializer> {
    pub(crate) algorithm: A,
    pub(crate) serializer: S,
    pub(crate) secret: Secret,
    pub(crate) retired: Vec<Secret>,
    pub(crate) salt: Salt,
    pub(crate) allow_weak_secret: bool,
    pub(crate) allow_weak_retired_secrets: bool,
}

/// Pyramid's default salt.
const DEFAULT_SALT: &str = "pyramid.session.";

impl Signing {
    pub(crate) fn new(secret: Secret) -> Self {
        Self {
            algorithm: MacAlgorithm::default(),
            serializer: JsonSerializer,
            secret,
            retired: Vec::new(),
            salt: DEFAULT_SALT.into(),
            allow_weak_secret: false,
            allow_weak_retired_secrets: false,
        }
    }
}

impl<A: Algorithm, S> Signing<A, S> {
    fn current_signer(&self) -> Result<A::Signer, BuildError> {
        self.signer(&self.secret, self.allow_weak_secret, "secret", SECRET_HINT)
    }

    fn retired_signer(&self, secret: &Secret) -> Result<A::Signer, BuildError> {
        self.signer(secret, self.allow_weak_retired_secrets, "retired_secret", RETIRED_SECRET_HINT)
    }

    fn signer(
        &self,
        secret: &Secret,
        allow_weak: bool,
        option: &'static str,
        hint: &str,
    ) -> Result<A::Signer, BuildError> {
        let build_error = |error: SecretError| {
            let hint = if error.is_weak() { hint } else { "" };
            BuildError::new(option, format!("{error}{hint}")).with_source(error)
        };
        if !allow_weak {
            secret.check_strength().map_err(build_error)?;
        }
        let key = Key::derive(&self.salt, secret).map_err(build_error)?;
        Ok(self.algorithm.signer(key.as_ref())?)
    }
}

/// Appended to the error of a weak current secret.
const SECRET_HINT: &str = "; generate one with `signed-session keygen` or `openssl rand -hex 64`, \
                           or call allow_weak_secret() while Pyramid still signs with it";

/// Appended to the error of a weak retired secret.
const RETIRED_SECRET_HINT: &str =
    "; remove it, or call allow_weak_retired_secrets() until its sessions have timed out";

impl<A, S> sealed::Sealed for Signing<A, S> {}

impl<A: Algorithm, S: Serializer> Protection for Signing<A, S> {
    type Serializer = SignedSerializer<A::Signer, S>;

    fn protect(self) -> Result<Self::Serializer, BuildError> {
        let mut keys = KeyRing::new(self.current_signer()?);
        for secret in &self.retired {
            keys = keys.with_retired(self.retired_signer(secret)?);
        }
        Ok(SignedSerializer::new(keys, self.serializer))
    }
}
