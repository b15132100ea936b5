//! The URL of a store.

/// The engine of a store, and its address.
pub(super) enum Engine<'a> {
    Sqlite(&'a str),
    Redis(&'a str),
    Postgres(&'a str),
}

impl<'a> Engine<'a> {
    /// Parses the URL of a store. Returns `None` if the text has no scheme or an unknown one.
    pub(super) fn of(url: &'a str) -> Option<Self> {
        match url.split_once(':')? {
            ("sqlite", path) => Some(Self::Sqlite(path.strip_prefix("//").unwrap_or(path))),
            ("redis" | "rediss" | "redis+unix", _) => Some(Self::Redis(url)),
            ("postgres" | "postgresql", _) => Some(Self::Postgres(url)),
            _ => None,
        }
    }
}

/// Replaces the user, the password and the query of a URL with `…`. Does not change a text that has none of them.
///
/// The query is hidden because it can contain a password: `password=` for PostgreSQL, `pass=` for a Unix socket of
/// Redis.
pub(crate) fn without_password(text: &str) -> String {
    let (url, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    let shown_query = if query.is_empty() { "" } else { "?…" };
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url}{shown_query}") };
    // A password can have an unescaped `?`, `/` or `@`. So hide everything up to the last `@`. If there is an `@` after
    // the first `?`, that `?` may be a part of the password, so show only the scheme.
    match rest.rsplit_once('@') {
        _ if query.contains('@') => format!("{scheme}://…"),
        Some((_, address)) => format!("{scheme}://…@{address}{shown_query}"),
        None => format!("{url}{shown_query}"),
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

    /// Regression: only a password before `@` was hidden, not one in the query.
    #[test]
    fn query_is_hidden() {
        for (text, shown) in [
            ("postgres://host/db?password=hunter2", "postgres://host/db?…"),
            ("postgres://zoe:pass@host/db?sslmode=require&password=hunter2", "postgres://…@host/db?…"),
            ("postgres://host/db?password=hunter2@host", "postgres://…"),
            ("postgres://zoe:pass?word@host/db", "postgres://…"),
            ("redis+unix:///path?pass=hunter2", "redis+unix:///path?…"),
            ("unix:/path?pass=://hunter2", "unix:/path?…"),
            ("redis://a?pass=hunter2,redis://b?pass=hunter2", "redis://a?…"),
            ("--store=unix:///path?db=1&pass=a?b", "--store=unix:///path?…"),
            ("host/db?password=hunter2", "host/db?…"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
