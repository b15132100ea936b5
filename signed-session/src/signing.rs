//! How a factory signs its cookies.

use session_serde::{JsonSerializer, Serializer};
use session_sign::{Algorithm, Key, KeyRing, MacAlgorithm, Salt, Secret, SecretError};

use crate::error::BuildError;
use crate::protection::{Protection, sealed};
use crate::signed::{HmacSha512, SignedSerializer};

/// A signature: the algorithm `A`, made from the secret and the salt, over what `S` writes. Without type parameters it is
/// Pyramid's default: HMAC-SHA-512 over JSON.
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

/// Pyramid's default.
const SALT: &str = "pyramid.session.";

impl Signing {
    pub(crate) fn new(secret: Secret) -> Self {
        Self {
            algorithm: MacAlgorithm::default(),
            serializer: JsonSerializer,
            secret,
            retired: Vec::new(),
            salt: SALT.into(),
            allow_weak_secret: false,
            allow_weak_retired_secrets: false,
        }
    }
}

impl<A: Algorithm, S> Signing<A, S> {
    fn current(&self) -> Result<A::Signer, BuildError> {
        self.signer(&self.secret, self.allow_weak_secret, "secret", SECRET_HINT)
    }

    fn retired(&self, secret: &Secret) -> Result<A::Signer, BuildError> {
        self.signer(secret, self.allow_weak_retired_secrets, "retired_secret", RETIRED_SECRET_HINT)
    }

    fn signer(
        &self,
        secret: &Secret,
        allow_weak: bool,
        option: &'static str,
        hint: &str,
    ) -> Result<A::Signer, BuildError> {
        let refuse = |error: SecretError| {
            let hint = if error.is_weak() { hint } else { "" };
            BuildError::new(option, format!("{error}{hint}")).because(error)
        };
        if !allow_weak {
            secret.check_strength().map_err(refuse)?;
        }
        let key = Key::derive(&self.salt, secret).map_err(refuse)?;
        Ok(self.algorithm.signer(key.as_ref())?)
    }
}

/// Appended to the error of a weak current secret.
const SECRET_HINT: &str = "; generate one with `signed-session keygen` or `openssl rand -hex 64`, \
                           or call allow_weak_secret() while Pyramid still signs with this one";

/// Appended to the error of a weak retired secret.
const RETIRED_SECRET_HINT: &str =
    "; leave it out, or call allow_weak_retired_secrets() until its sessions have timed out";

impl<A, S> sealed::Sealed for Signing<A, S> {}

impl<A: Algorithm, S: Serializer> Protection for Signing<A, S> {
    type Serializer = SignedSerializer<A::Signer, S>;

    fn protect(self) -> Result<Self::Serializer, BuildError> {
        let mut keys = KeyRing::new(self.current()?);
        for secret in &self.retired {
            keys = keys.with_retired(self.retired(secret)?);
        }
        Ok(SignedSerializer::new(keys, self.serializer))
    }
}
