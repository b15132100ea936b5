//! How a factory protects its cookies.

use session_serde::Serializer;

use crate::error::BuildError;

/// How a factory protects what it puts into cookies. Implemented by [`Signing`](crate::Signing) and [`Plain`]; it cannot
/// be implemented elsewhere.
pub trait Protection: sealed::Sealed {
    /// What reads and writes the cookies.
    type Serializer: Serializer;

    /// Creates the serializer.
    ///
    /// # Errors
    /// If the configuration does not allow it.
    fn protect(self) -> Result<Self::Serializer, BuildError>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// No protection but what the serializer itself brings.
#[derive(Clone, Debug)]
pub struct Plain<S>(pub(crate) S);

impl<S> sealed::Sealed for Plain<S> {}

impl<S: Serializer> Protection for Plain<S> {
    type Serializer = S;

    fn protect(self) -> Result<S, BuildError> {
        Ok(self.0)
    }
}
