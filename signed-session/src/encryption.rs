//! The protection that encrypts cookies.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use session_encrypt::{Aes256GcmSiv, Encrypter, RandomNonceSafe};
use session_serde::{CompactJsonSerializer, Serializer};
use session_sign::{Secret, Secrets};

use crate::encrypted::EncryptedSerializer;
use crate::error::{BuildError, RETIRED_SECRET, SECRET};
use crate::protection::{Protected, Protection, sealed};

/// Protection by encryption. The serializer `S` writes the payload, and the AEAD `A` encrypts it with a key that is
/// derived from the secret and the cookie's name.
///
/// With the default type parameters, AES-256-GCM-SIV encrypts compact JSON.
pub struct Encryption<A = Aes256GcmSiv, S = CompactJsonSerializer> {
    pub(crate) serializer: S,
    pub(crate) secrets: Secrets,
    pub(crate) algorithm: PhantomData<fn() -> A>,
}

impl Encryption {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { serializer: CompactJsonSerializer, secrets, algorithm: PhantomData }
    }
}

/// The purpose of the encrypter. The derived keys depend on it.
const PURPOSE: &str = "session";

fn encrypter<A: RandomNonceSafe>(secrets: &Secrets, cookie_name: &str) -> Result<Encrypter<A>, BuildError> {
    let current = checked(secrets.current(), SECRET)?;
    // `checked` has already refused secrets that are too short.
    let encrypter = Encrypter::new(current.expose_secret(), PURPOSE, cookie_name)
        .map_err(|error| BuildError::new(SECRET, error.to_string()).with_source(error))?;
    secrets.retired().iter().try_fold(encrypter, |encrypter, secret| {
        let retired = checked(secret, RETIRED_SECRET)?;
        encrypter
            .with_retired(retired.expose_secret())
            .map_err(|error| BuildError::new(RETIRED_SECRET, error.to_string()).with_source(error))
    })
}

fn checked<'s>(secret: &'s Secret, option: &'static str) -> Result<&'s Secret, BuildError> {
    secret.check_strength().map_err(BuildError::of_secret(option, ""))?;
    Ok(secret)
}

impl<A, S> sealed::Sealed for Encryption<A, S> {}

impl<A, S> sealed::Keyed for Encryption<A, S> {
    fn secrets_mut(&mut self) -> &mut Secrets {
        &mut self.secrets
    }
}

impl<A: RandomNonceSafe, S: Serializer> Protection for Encryption<A, S> {
    type Serializer = EncryptedSerializer<A, S>;

    fn protect(self, cookie_name: &str) -> Result<Protected<Self::Serializer>, BuildError> {
        let (inner, cookie_name) = (Arc::new(self.serializer), cookie_name.to_owned());
        Protected::rotating(self.secrets, move |secrets, _| {
            Ok(EncryptedSerializer {
                encrypter: encrypter(secrets, &cookie_name)?,
                inner: Arc::clone(&inner),
            })
        })
    }
}

impl<A, S: fmt::Debug> fmt::Debug for Encryption<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryption")
            .field("serializer", &self.serializer)
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}
