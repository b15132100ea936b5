//! The test fixture: a site, and a browser that keeps the site's cookie.

use std::time::Duration;

use signed_session::{
    BaseCookieSessionFactory, Builder, CookieSession, DumpError, JsonSerializer, LoadError, ManualClock,
    Protection, Serializer, SetCookie, SignedCookieSessionFactory, Timestamp,
};

pub(crate) const SECRET: &str = "a secret that is long enough for the tests";
pub(crate) const START: f64 = 1_700_000_000.0;

pub(crate) fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

pub(crate) fn builder() -> Builder {
    SignedCookieSessionFactory::builder(SECRET)
}

/// A factory with its own clock, and the cookie of one browser.
pub(crate) struct Site<S> {
    pub(crate) sessions: BaseCookieSessionFactory<S>,
    pub(crate) clock: ManualClock,
    pub(crate) cookie: Option<String>,
}

impl<S: Serializer> Site<S> {
    pub(crate) fn new<P: Protection<Serializer = S>>(builder: Builder<P>) -> Self {
        let clock = ManualClock::new(at(START));
        Self { sessions: builder.clock(clock.clone()).build().unwrap(), clock, cookie: None }
    }

    pub(crate) fn wait(&self, secs: f64) {
        self.clock.advance(Duration::from_secs_f64(secs));
    }

    pub(crate) fn load(&self) -> CookieSession<S> {
        self.sessions.load(self.cookie.as_deref())
    }

    /// Handles one request. The browser keeps the cookie of the response.
    pub(crate) fn request<T>(
        &mut self,
        handler: impl FnOnce(&mut CookieSession<S>) -> T,
    ) -> (T, Option<SetCookie>) {
        let mut session = self.load();
        let result = handler(&mut session);
        let sent = self.sessions.save(&mut session).unwrap().into_session_cookie();
        if let Some(cookie) = &sent {
            let removed = cookie.as_str().contains("Max-Age=0");
            self.cookie = (!removed).then(|| format!("{}={}", cookie.name(), cookie.value()));
        }
        (result, sent)
    }

    /// Handles one request, and returns whether the response sends a cookie.
    pub(crate) fn sends(&mut self, handler: impl FnOnce(&mut CookieSession<S>)) -> bool {
        self.request(handler).1.is_some()
    }
}

/// A serializer that writes the bytes in its field, whatever the value is. It reads JSON.
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl Serializer for Raw {
    fn dumps<T: serde::Serialize + ?Sized>(&self, _: &T) -> Result<Vec<u8>, DumpError> {
        Ok(self.0.clone())
    }

    fn loads<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(bytes)
    }
}
