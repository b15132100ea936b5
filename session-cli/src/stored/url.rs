//! The URL of a store.

/// The engine of a store, and its address.
pub(super) enum Engine<'a> {
    Sqlite(&'a str),
    Redis(&'a str),
    Postgres(&'a str),
}

impl<'a> Engine<'a> {
    /// Parses the URL of a store. Returns `None` if the scheme belongs to none of these engines.
    pub(super) fn of(url: &'a str) -> Option<Self> {
        match url.split_once(':')? {
            ("sqlite", path) => Some(Self::Sqlite(path.strip_prefix("//").unwrap_or(path))),
            ("redis" | "rediss" | "redis+unix", _) => Some(Self::Redis(url)),
            ("postgres" | "postgresql", _) => Some(Self::Postgres(url)),
            _ => None,
        }
    }
}

/// Replaces the user and the password of a URL with `…`. Returns any other text unchanged.
pub(crate) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    match rest.rsplit_once('@') {
        // A password can have an unescaped `/` or `@`, so this hides everything up to the last `@`.
        Some((_, address)) => format!("{scheme}://…@{address}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_hidden() {
        for (text, shown) in [
            ("postgres://web:p/@ss@host/web", "postgres://…@host/web"),
            ("--store=redis://:pass@host", "--store=redis://…@host"),
            ("redis://host/0", "redis://host/0"),
            ("redis://:pass@a,redis://:pass@b", "redis://…@b"),
            ("redis://:pass@a,redis://b", "redis://…@a,redis://b"),
            ("zoe@example.com", "zoe@example.com"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
