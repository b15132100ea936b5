//! The trait [`Protection`], and [`Plain`], the protection that adds nothing.

use std::fmt;

use session_serde::Serializer;
use session_sign::Secrets;

use crate::error::BuildError;
use crate::rotation::{Rotation, Strength};

/// The protection of a factory's cookies. The trait is sealed: only [`Signing`](crate::Signing),
/// [`Encryption`](crate::Encryption) and [`Plain`] implement it.
pub trait Protection: sealed::Sealed {
    /// The serializer that reads and writes the values of the cookies.
    type Serializer: Serializer;

    /// Creates the serializer.
    ///
    /// # Errors
    /// Returns an error if an option is invalid.
    #[doc(hidden)]
    fn protect(self, cookie_name: &str) -> Result<Protected<Self::Serializer>, BuildError>;
}

pub(crate) mod sealed {
    use session_sign::Secrets;

    pub trait Sealed {}

    /// A protection whose keys are derived from secrets.
    pub trait Keyed {
        fn secrets_mut(&mut self) -> &mut Secrets;
    }
}

/// A serializer. If it was created from secrets, `rotation` can create it again from other secrets.
pub struct Protected<S> {
    pub(crate) serializer: S,
    pub(crate) rotation: Option<Rotation<S>>,
}

impl<S> Protected<S> {
    pub(crate) fn rotating(
        secrets: Secrets,
        create: impl Fn(&Secrets, Strength) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Result<Self, BuildError> {
        let (serializer, rotation) = Rotation::new(secrets, create)?;
        Ok(Self { serializer, rotation: Some(rotation) })
    }
}

impl<S> fmt::Debug for Protected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protected").finish_non_exhaustive()
    }
}

/// No protection beyond that of the serializer `S`.
#[derive(Clone, Debug)]
pub struct Plain<S>(pub(crate) S);

impl<S> sealed::Sealed for Plain<S> {}

impl<S: Serializer> Protection for Plain<S> {
    type Serializer = S;

    fn protect(self, _: &str) -> Result<Protected<S>, BuildError> {
        Ok(Protected { serializer: self.0, rotation: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let protected = Protected::rotating(Secrets::from("hush"), |_, _| Ok("serializer")).unwrap();
        assert_eq!(format!("{protected:?}"), "Protected { .. }");
    }
}
