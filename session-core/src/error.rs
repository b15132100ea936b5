use std::fmt;

/// Why an entry of a session could not be read or written. It names the entry and the type, never the contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryError {
    cause: Cause,
    key: Option<String>,
    type_name: &'static str,
    /// What stands in the way; never contents.
    why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Read,
    Write,
    Random,
    Conflict,
}

impl EntryError {
    fn new(cause: Cause, key: Option<&str>, type_name: &'static str) -> Self {
        Self { cause, key: key.map(str::to_owned), type_name, why: None }
    }

    pub(crate) fn read<T: ?Sized>(key: Option<&str>) -> Self {
        Self::new(Cause::Read, key, std::any::type_name::<T>())
    }

    /// The whole session is not a `T`; `error` is serde_json's, which may quote contents.
    pub(crate) fn read_all<T: ?Sized>(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The name of a field comes from the type, and not from the session.
        let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
        let advise = |(field, _)| {
            format!("there is no `{field}`; a new session is empty, so give each field a default")
        };
        Self { why: missing.map(advise), ..Self::read::<T>(None) }
    }

    pub(crate) fn write<T: ?Sized>(key: Option<&str>) -> Self {
        Self::new(Cause::Write, key, std::any::type_name::<T>())
    }

    pub(crate) fn not_json(key: &str) -> Self {
        Self::new(Cause::Write, Some(key), "JSON")
    }

    pub(crate) fn not_a_list(key: &str) -> Self {
        Self::new(Cause::Read, Some(key), "list")
    }

    pub(crate) fn random() -> Self {
        Self::new(Cause::Random, None, "")
    }

    /// The same error with what stands in the way: a clause such as "it contains NaN", without contents.
    pub(crate) fn because(self, why: String) -> Self {
        Self { why: Some(why), ..self }
    }

    /// Creates the error for a change that was not made because another clone changed the session meanwhile. Handles
    /// that several tasks share return it.
    pub fn conflict() -> Self {
        Self::new(Cause::Conflict, None, "")
    }

    /// What is stored is not of the type that was asked for.
    pub fn is_read(&self) -> bool {
        self.cause == Cause::Read
    }

    /// The value given cannot be stored: its `Serialize` failed, or it is not of the shape that was needed.
    pub fn is_write(&self) -> bool {
        self.cause == Cause::Write
    }

    /// The system gave no random bytes for a CSRF token.
    pub fn is_random(&self) -> bool {
        self.cause == Cause::Random
    }

    /// Returns whether the change was not made because another clone changed the session meanwhile. Read the session
    /// again and retry.
    pub fn is_conflict(&self) -> bool {
        self.cause == Cause::Conflict
    }

    /// The entry concerned; `None` if it was the session as a whole.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, hint) = match self.cause {
            Cause::Random => return f.write_str("the system gave no random bytes for a CSRF token"),
            Cause::Conflict => {
                return f
                    .write_str("another clone of the session changed it meanwhile; read it again and retry");
            }
            Cause::Read if self.type_name == "&str" => {
                ("read", " (text that has escapes, or is not ASCII, can be read as a `String`)")
            }
            Cause::Read => ("read", ""),
            Cause::Write => {
                ("write", " (JSON has no NaN, no keys but strings, and here no nesting beyond 126 levels)")
            }
        };
        let hint = if self.why.is_some() { "" } else { hint };
        match &self.key {
            Some(key) => write!(f, "cannot {verb} the session entry {key:?} as `{}`{hint}", self.type_name)?,
            None => write!(f, "cannot {verb} the session as `{}`{hint}", self.type_name)?,
        }
        match &self.why {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for EntryError {}

/// The payload of a cookie is not the record of a session: not JSON, not of three parts, a time that is no finite
/// number, a state that is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedRecord(pub(crate) Fault);

/// What is wrong with it. One byte, because a result with it is handed on for each token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NotUtf8,
    NotJson,
    NotThree,
    TooDeep,
    TooLarge,
    NoObject,
    NotANumber,
    NotFinite,
}

impl fmt::Display for MalformedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a session: ")?;
        f.write_str(match self.0 {
            Fault::NotUtf8 => "not UTF-8",
            Fault::NotJson => "invalid JSON",
            Fault::NotThree => "not a list of three",
            Fault::TooDeep => "nested too deeply",
            Fault::TooLarge => "too large",
            Fault::NoObject => "the state is no object",
            Fault::NotANumber => "a time is not a number",
            Fault::NotFinite => "a time that is not finite",
        })
    }
}

impl std::error::Error for MalformedRecord {}

#[cfg(test)]
mod tests {
    use super::EntryError;

    /// Seen from within, as no test can make the system run out of random bytes.
    #[test]
    fn random_bytes_that_are_missing_are_neither_reading_nor_writing() {
        let error = EntryError::random();
        assert!(error.is_random() && !error.is_read() && !error.is_write() && !error.is_conflict());
    }
}
