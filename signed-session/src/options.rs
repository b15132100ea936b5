//! The options that all factories have, and their checks.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use session_cookie::{CookieTemplate, CookieTemplateBuilder, MAX_NAME_AND_VALUE};
use session_core::{Clock, SystemClock};

use crate::codec::Codec;
use crate::development;
use crate::error::BuildError;
use crate::factory::BaseCookieSessionFactory;
use crate::observer::Observer;
use crate::old_format::OldFormat;
use crate::protection::{Protected, Protection};
use crate::times::Times;

/// The options that do not depend on the protection.
pub(crate) struct Options {
    pub(crate) cookie: CookieTemplateBuilder,
    pub(crate) times: Times,
    pub(crate) set_on_exception: bool,
    pub(crate) max_len: usize,
    pub(crate) old_formats: Vec<OldFormat>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) is_development: bool,
    /// Whether the re-issue time is [a tenth](Times::set_reissue_time_to_tenth) of another option.
    pub(crate) reissue_is_tenth: bool,
}

/// Pyramid's limit for the size of a cookie's value in bytes, and the default of
/// [`Builder::max_len`](crate::Builder::max_len).
pub const DEFAULT_MAX_LEN: usize = 4064;

/// Pyramid's defaults.
impl Default for Options {
    fn default() -> Self {
        Self {
            cookie: CookieTemplate::builder("session"),
            times: Times {
                timeout: Some(Duration::from_secs(1200)),
                reissue_time: Some(Duration::ZERO),
                lifetime: None,
                max_lifetime: None,
                cookie_max_age: None,
            },
            set_on_exception: true,
            max_len: DEFAULT_MAX_LEN,
            old_formats: Vec::new(),
            observer: None,
            clock: Arc::new(SystemClock),
            is_development: false,
            reissue_is_tenth: false,
        }
    }
}

impl Options {
    /// Checks the options, and returns the factory of sessions in cookies.
    pub(crate) fn cookie_factory<P: Protection>(
        self,
        protection: P,
    ) -> Result<BaseCookieSessionFactory<P::Serializer>, BuildError> {
        let is_development = self.is_development;
        let codec = self.codec(|cookie_name| protection.protect(cookie_name))?;
        codec.check_keys()?;
        let factory = BaseCookieSessionFactory::new(codec).map_err(BuildError::of_empty_session)?;
        if is_development {
            development::warn(factory.cookie_name());
        }
        Ok(factory)
    }

    /// Checks the options, and returns the codec of the factory. `protect` creates the serializer for a cookie name.
    pub(crate) fn codec<S>(
        self,
        protect: impl FnOnce(&str) -> Result<Protected<S>, BuildError>,
    ) -> Result<Codec<S>, BuildError> {
        let Self { cookie, mut times, set_on_exception, old_formats, observer, clock, .. } = self;
        let template = cookie.build().map_err(BuildError::of_cookie)?;
        if self.reissue_is_tenth {
            times.set_reissue_time_to_tenth();
        }
        times.check()?;
        let max_len = check_len(self.max_len, &template)?;
        let Protected { serializer, rotation } = protect(template.name())?;
        Ok(Codec {
            serializer: ArcSwap::from_pointee(serializer),
            rotation,
            old_names: names(&old_formats),
            old_formats,
            template,
            clock,
            times,
            set_on_exception,
            max_len,
            observer,
        })
    }
}

/// Returns the cookie names of the formats, each once.
fn names(formats: &[OldFormat]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for format in formats {
        let name = format.cookie_name();
        if names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn check_len(max_len: usize, template: &CookieTemplate) -> Result<usize, BuildError> {
    let allowed = template.max_value_len();
    match max_len {
        DEFAULT_MAX_LEN => Ok(max_len.min(allowed)),
        _ if max_len > allowed => Err(BuildError::new(
            "max_len",
            format!(
                "name and value could exceed the {MAX_NAME_AND_VALUE} bytes that browsers accept; \
                 use at most {allowed}"
            ),
        )),
        _ => Ok(max_len),
    }
}
