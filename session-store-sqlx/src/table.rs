//! Names of tables.

use std::fmt;

/// Maximum length of a name in bytes. PostgreSQL cuts names at 63 bytes, and the name of an index is longer than the
/// name of its table.
const MAX_LEN: usize = 40;

/// A checked name of a table, which can be part of a statement.
#[derive(Clone, Debug)]
pub struct Table {
    schema: Option<String>,
    name: String,
}

impl Table {
    /// Checks a name. If `schemas` is true, a schema and a dot may precede it.
    pub(crate) fn parse(text: &str, schemas: bool) -> Result<Self, InvalidTableName> {
        let (schema, name) = match text.split_once('.') {
            Some((schema, name)) if schemas => (Some(schema), name),
            _ => (None, text),
        };
        if !schema.into_iter().chain([name]).all(is_identifier) {
            return Err(InvalidTableName { schemas });
        }
        Ok(Self { schema: schema.map(str::to_owned), name: name.to_owned() })
    }

    /// Returns the quoted name of the schema.
    pub(crate) fn schema(&self) -> Option<String> {
        self.schema.as_ref().map(|schema| format!("\"{schema}\""))
    }

    /// Returns the quoted name without the schema.
    pub(crate) fn name(&self) -> String {
        format!("\"{}\"", self.name)
    }

    /// Returns the quoted name of the index of a column. The name contains no schema, because an index is always in the
    /// schema of its table. The name contains a `-`, so no valid name of a table is equal to it. In PostgreSQL, an
    /// index and a table of one schema cannot have the same name.
    pub(crate) fn index(&self, column: &str) -> String {
        format!("\"{}-{column}\"", self.name)
    }
}

fn is_identifier(name: &str) -> bool {
    let is_start = |first: u8| first.is_ascii_alphabetic() || first == b'_';
    let is_reserved = name.len() >= 7 && name.as_bytes()[..7].eq_ignore_ascii_case(b"sqlite_");
    name.len() <= MAX_LEN
        && name.bytes().next().is_some_and(is_start)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_reserved
}

/// Writes the quoted name, after its schema if it has one.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema() {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name())
    }
}

/// Error returned when the name of a table is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTableName {
    schemas: bool,
}

impl fmt::Display for InvalidTableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "table name is invalid; use at most {MAX_LEN} ASCII letters, digits and underscores, not starting with a \
             digit or `sqlite_`"
        )?;
        match self.schemas {
            true => f.write_str(", with a schema and a dot in front if needed"),
            false => Ok(()),
        }
    }
}

impl std::error::Error for InvalidTableName {}
