//! The extractor that parses a form and checks its CSRF token, and functions for the token's form field.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;

use super::CSRF_FIELD;
use crate::error::SessionError;

/// A form as a `T`, extracted only if the request has the session's CSRF token.
///
/// The extractor checks the token and the origin if no `CsrfLayer` has checked them: on a route without a layer, on a
/// path that is exempt from the layer, and for a safe method such as GET. If a layer checks the request, the
/// framework's own `Form` is enough.
///
/// If the body has another content type than `application/x-www-form-urlencoded`, the extractor returns an error with
/// the status 415, even if the token is in the header `X-CSRF-Token`. A GET request without `Content-Type` has an empty
/// form; the extractor never reads the query.
///
/// `T` does not get the field `csrf_token`, so `T` may have `#[serde(deny_unknown_fields)]`. The framework's own `Form`
/// does not get the field either if the layer found the token in the form. If a script sends the token both in the
/// header and in the form, the layer does not read the form, so the field stays in it. Use `CsrfForm` in this case.
///
/// Inside a layer, the layer's [`CsrfPolicy`](crate::CsrfPolicy) applies, on exempt paths too. Without a layer, the
/// policy that the application provides applies: `.layer(Extension(policy))` in axum, `.app_data(policy)` in actix-web.
/// This policy needs [`assume_https`](crate::CsrfPolicyBuilder::assume_https) in the same cases as the policy of a
/// layer. Without a policy, the defaults apply. A `CsrfLayer` of *another* session requires the token of its own
/// session. So exempt the path of a `CsrfForm<T, Admin>` from each layer that is not `named::<Admin>()`.
///
/// A handler that extracts a `Result` of this type, or in actix-web an `Option`, must itself refuse the request if it
/// gets an error or `None`.
pub struct CsrfForm<T, N = ()> {
    form: T,
    name: PhantomData<fn() -> N>,
}

impl<T, N> CsrfForm<T, N> {
    /// Returns the contents of the form.
    pub fn into_inner(self) -> T {
        self.form
    }
}

impl<T: DeserializeOwned, N> CsrfForm<T, N> {
    /// Parses a form whose token was checked. Logs the reason if the form does not fit `T`.
    pub(crate) fn parse(form: &[u8]) -> Result<Self, SessionError> {
        match serde_html_form::from_bytes(&without_token(form)) {
            Ok(form) => Ok(Self { form, name: PhantomData }),
            Err(error) => Err(SessionError::form(type_name::<T>(), &reason(&error.to_string()))),
        }
    }
}

/// Converts the text of a deserialization error into a reason for the log. The text may quote submitted values, such as
/// a password. Only the name of a missing field is safe to log, because it comes from the type. The rest is dropped.
fn reason(error: &str) -> String {
    match error.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(field) => format!("there is no `{field}`"),
        None => "the value of a field does not fit, or a field is unknown or repeated".to_owned(),
    }
}

// A `CsrfForm` proves that a request was checked, so it must not implement `Default`.
impl<T: Clone, N> Clone for CsrfForm<T, N> {
    fn clone(&self) -> Self {
        Self { form: self.form.clone(), name: PhantomData }
    }
}

/// Does not show the form, which may contain a password.
impl<T, N> fmt::Debug for CsrfForm<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfForm").finish_non_exhaustive()
    }
}

impl<T, N> Deref for CsrfForm<T, N> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.form
    }
}

impl<T, N> DerefMut for CsrfForm<T, N> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.form
    }
}

/// Returns the token in a form. If there are several, returns the last one, as WebOb does.
pub(super) fn token_of(form: &[u8]) -> Option<Cow<'_, str>> {
    form_urlencoded::parse(form).filter(|(name, _)| name == CSRF_FIELD).map(|(_, value)| value).last()
}

/// Returns the form without the token's field, which the application's types do not have. The other fields stay
/// unchanged.
pub(crate) fn without_token(form: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(form.len());
    for field in fields(form).filter(|field| name_of(field) != CSRF_FIELD) {
        if !rest.is_empty() {
            rest.push(b'&');
        }
        rest.extend_from_slice(field);
    }
    rest
}

fn fields(form: &[u8]) -> impl Iterator<Item = &[u8]> {
    form.split(|&byte| byte == b'&').filter(|field| !field.is_empty())
}

fn name_of(field: &[u8]) -> Cow<'_, str> {
    form_urlencoded::parse(field).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_form() {
        let form = CsrfForm::<Vec<(String, String)>>::parse(b"pin=1234").unwrap();
        assert_eq!(form.clone().into_inner(), [("pin".to_owned(), "1234".to_owned())]);
        assert_eq!(format!("{form:?}"), "CsrfForm { .. }");
    }
}
