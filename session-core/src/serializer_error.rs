//! The error of the serializers in this crate.

use std::fmt;

use serde::ser;

/// Error returned by a serializer of this crate. It can hold a `T` that tells the cause, such as the key of the entry
/// or the float that cannot be written.
#[derive(Debug)]
pub(crate) struct SerializerError<T>(pub(crate) Option<T>);

impl<T> fmt::Display for SerializerError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value cannot be serialized")
    }
}

impl<T: fmt::Debug> std::error::Error for SerializerError<T> {}

impl<T: fmt::Debug> ser::Error for SerializerError<T> {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self(None)
    }
}
