use super::Scanner;
use crate::error::MalformedRecord;

/// One JSON value, seen in its text. Numbers and strings stay as they are spelled.
#[derive(Clone, Debug)]
pub enum Json<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number: integers have no bounds.
    Number(&'t str),
    /// A string with its quotes and escapes; see [`unquote`](super::unquote).
    String(&'t str),
    /// The text of each element.
    Array(Elements<'t>),
    /// The text of each key, with its quotes, and of each value.
    Object(Members<'t>),
}

impl<'t> Json<'t> {
    /// Looks at one value, which has to be the whole of `text`.
    ///
    /// # Errors
    /// If `text` is not valid JSON, or nested more deeply than [`MAX_DEPTH`](super::MAX_DEPTH).
    pub fn parse(text: &'t str) -> Result<Self, MalformedRecord> {
        let mut scanner = Scanner::new(text);
        let span = scanner.value()?;
        scanner.end()?;
        Ok(Self::of_valid(&text[span]))
    }

    /// Looks at a value whose text the scanner has accepted before.
    pub(crate) fn of_valid(text: &'t str) -> Self {
        match text.as_bytes().first() {
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::String(text),
            Some(b'[') => Self::Array(Elements(Walk::new(text))),
            Some(b'{') => Self::Object(Members(Walk::new(text))),
            Some(b'-' | b'0'..=b'9') => Self::Number(text),
            _ => Self::Null,
        }
    }
}

/// A place between two brackets of a text that is known to be valid, so that any error is the end.
#[derive(Clone, Debug)]
struct Walk<'t> {
    text: &'t str,
    pos: usize,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, pos: 1 }
    }

    fn step<T>(
        &mut self,
        close: u8,
        item: impl FnOnce(&mut Scanner<'t>) -> Result<T, MalformedRecord>,
    ) -> Option<T> {
        let mut scanner = Scanner::resume(self.text, self.pos);
        if scanner.peek()? == close {
            return None;
        }
        let item = item(&mut scanner).ok()?;
        let more = scanner.another(close).ok()?;
        self.pos = if more { scanner.position() } else { self.text.len() };
        Some(item)
    }
}

/// The elements of a list, each as its text.
#[derive(Clone, Debug)]
pub struct Elements<'t>(Walk<'t>);

impl<'t> Iterator for Elements<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.0.text;
        self.0.step(b']', Scanner::value).map(|span| &text[span])
    }
}

impl<'t> Elements<'t> {
    /// Looks at each element in turn.
    pub fn values(self) -> impl Iterator<Item = Json<'t>> {
        self.map(Json::of_valid)
    }
}

/// The members of an object, each as the text of its key, quotes included, and of its value.
#[derive(Clone, Debug)]
pub struct Members<'t>(Walk<'t>);

impl<'t> Iterator for Members<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<(&'t str, &'t str)> {
        let text = self.0.text;
        self.0.step(b'}', |scanner| scanner.member(0)).map(|member| (&text[member.key], &text[member.value]))
    }
}

impl<'t> Members<'t> {
    /// Looks at each member's value in turn.
    pub fn values(self) -> impl Iterator<Item = (&'t str, Json<'t>)> {
        self.map(|(key, value)| (key, Json::of_valid(value)))
    }
}
