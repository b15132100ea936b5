//! The common interface of all tested implementations of the envelope format.

use session_encrypt::{Encrypter, RandomNonceSafe};

use crate::util::encrypt;

/// The configuration of an implementation. The first secret is the current one; the others are retired.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) secrets: Vec<Vec<u8>>,
    pub(crate) purpose: &'static str,
    pub(crate) name: &'static str,
}

/// An implementation of the format, perhaps with a flaw.
pub(crate) trait Scheme {
    fn encrypt(&self, message: &[u8]) -> Vec<u8>;

    /// Returns the index of the key that decrypted the envelope, and the message. Returns `None` for a refused
    /// envelope.
    fn decrypt(&self, envelope: &[u8]) -> Option<(usize, Vec<u8>)>;
}

/// A constructor of an implementation.
pub(crate) type Make<'a> = &'a dyn Fn(&Settings) -> Box<dyn Scheme>;

impl<A: RandomNonceSafe> Scheme for Encrypter<A> {
    fn encrypt(&self, message: &[u8]) -> Vec<u8> {
        encrypt(self, message)
    }

    fn decrypt(&self, envelope: &[u8]) -> Option<(usize, Vec<u8>)> {
        let mut envelope = envelope.to_vec();
        let decrypted = Encrypter::decrypt(self, &mut envelope).ok()?;
        Some((decrypted.key_index(), decrypted.message().to_vec()))
    }
}

/// Creates an [`Encrypter`], our implementation, with the algorithm `A`.
pub(crate) fn ours<A: RandomNonceSafe + 'static>(settings: &Settings) -> Box<dyn Scheme> {
    let (current, retired) = settings.secrets.split_first().unwrap();
    let encrypter = Encrypter::<A>::new(current, settings.purpose, settings.name).unwrap();
    Box::new(retired.iter().fold(encrypter, |encrypter, secret| encrypter.with_retired(secret).unwrap()))
}
