//! The JSON text of a MessagePack value.

use rmpv::ValueRef;
use session_core::json;

/// The JSON text that a value is read as.
pub(super) struct Text {
    pub(super) json: String,
    /// Whether the text represents the value without loss.
    pub(super) is_exact: bool,
}

impl Text {
    /// Creates the text of a value. The recursion is as deep as the value is nested. A value that is nested too deeply
    /// was already rejected when the record was loaded.
    ///
    /// # Errors
    /// Returns a description of the part that has no JSON text.
    pub(super) fn of(value: &ValueRef<'_>) -> Result<Self, &'static str> {
        let mut text = Writer { out: Vec::new(), is_exact: true };
        text.write(value)?;
        let json = String::from_utf8(text.out).map_err(|_| "a string that is not UTF-8")?;
        Ok(Self { json, is_exact: text.is_exact })
    }
}

struct Writer {
    out: Vec<u8>,
    is_exact: bool,
}

impl Writer {
    fn write(&mut self, value: &ValueRef<'_>) -> Result<(), &'static str> {
        match value {
            ValueRef::Nil => self.out.extend_from_slice(b"null"),
            ValueRef::Boolean(value) => self.plain(value)?,
            ValueRef::Integer(value) => self.out.extend_from_slice(value.to_string().as_bytes()),
            ValueRef::F32(value) => json::write_f64(&mut self.out, f64::from(*value)),
            ValueRef::F64(value) => json::write_f64(&mut self.out, *value),
            ValueRef::String(text) => self.plain(text.as_str().ok_or("a string that is not UTF-8")?)?,
            ValueRef::Binary(bytes) => {
                self.is_exact = false;
                self.list(bytes.iter(), Self::plain)?;
            }
            ValueRef::Array(elements) => self.list(elements.iter(), Self::write)?,
            ValueRef::Map(members) => self.map(members)?,
            ValueRef::Ext(..) => return Err("a MessagePack extension type"),
        }
        Ok(())
    }

    fn plain<T: serde::Serialize + ?Sized>(&mut self, value: &T) -> Result<(), &'static str> {
        json::write(&mut self.out, value).map_err(|_| "a value without JSON text")
    }

    fn list<T>(
        &mut self,
        elements: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        self.out.push(b'[');
        for (i, element) in elements.enumerate() {
            self.comma(i);
            write(self, element)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn map(&mut self, members: &[(ValueRef<'_>, ValueRef<'_>)]) -> Result<(), &'static str> {
        self.out.push(b'{');
        for (i, (key, value)) in members.iter().enumerate() {
            self.comma(i);
            match key {
                ValueRef::String(_) => self.write(key)?,
                _ => return Err("a MessagePack map whose keys are not strings"),
            }
            self.out.extend_from_slice(b": ");
            self.write(value)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn comma(&mut self, i: usize) {
        if i > 0 {
            self.out.extend_from_slice(b", ");
        }
    }
}
