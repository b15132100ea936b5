//! The trait for the protection of cookies, and the protection that adds nothing.

use session_serde::Serializer;

use crate::error::BuildError;

/// The protection of a factory's cookies. The trait is sealed: only [`Signing`](crate::Signing) and [`Plain`] implement
/// it.
pub trait Protection: sealed::Sealed {
    /// The serializer that reads and writes the values of the cookies.
    type Serializer: Serializer;

    /// Creates the serializer.
    ///
    /// # Errors
    /// Returns an error if an option is invalid.
    fn protect(self) -> Result<Self::Serializer, BuildError>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// No protection beyond that of the serializer `S`.
#[derive(Clone, Debug)]
pub struct Plain<S>(pub(crate) S);

impl<S> sealed::Sealed for Plain<S> {}

impl<S: Serializer> Protection for Plain<S> {
    type Serializer = S;

    fn protect(self) -> Result<S, BuildError> {
        Ok(self.0)
    }
}
