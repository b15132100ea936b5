use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;

use super::CSRF_FIELD;

/// A form that came with the session's CSRF token, as a `T`.
///
/// It checks the token and the origin where no `CsrfLayer` has done so before: on a single route, on a path that is exempt
/// from the layer, and for a GET as well. Under a layer, the framework's own `Form` is enough.
///
/// `T` does not get the field `csrf_token`, so it may be `#[serde(deny_unknown_fields)]`. The framework's own `Form` does
/// not get the field either where the layer found the token in it. If a script sends the token in the header and in the
/// form, take `CsrfForm`.
///
/// On an exempt path it goes by the layer's [`CsrfPolicy`](crate::CsrfPolicy). Without a layer it goes by the policy that
/// the application provides: in axum by `.layer(Extension(policy))`, in actix-web by `.app_data(policy)`. Set
/// [`assume_https`](crate::CsrfPolicyBuilder::assume_https) on that policy. Without a policy, the defaults apply.
///
/// Take it as it is, and not as an `Option` or `Result`, unless you refuse the request yourself where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsrfForm<T, N = ()> {
    form: T,
    name: PhantomData<fn() -> N>,
}

impl<T, N> CsrfForm<T, N> {
    /// What was in the form.
    pub fn into_inner(self) -> T {
        self.form
    }
}

impl<T: DeserializeOwned, N> CsrfForm<T, N> {
    /// Reads a form that was checked; the error says what is wrong with it.
    pub(crate) fn parse(form: &[u8]) -> Result<Self, String> {
        let form = serde_html_form::from_bytes(&without_token(form)).map_err(|error| error.to_string())?;
        Ok(Self { form, name: PhantomData })
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

/// The token in a form: the last one, as in WebOb.
pub(super) fn token_of(form: &[u8]) -> Option<Cow<'_, str>> {
    form_urlencoded::parse(form).filter(|(name, _)| name == CSRF_FIELD).map(|(_, value)| value).last()
}

/// Returns the form without the field of the token, as types do not know it. The other fields stay as they are.
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
