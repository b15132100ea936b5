//! The cookies of a browser.

/// The host of the site.
pub(crate) const HOST: &str = "shop.test";

/// A browser's cookies for the site. As in a browser, cookies with the same name but different paths or domains are
/// separate cookies. Unlike in a browser, a cookie without a path gets the path `/` instead of the request's directory.
#[derive(Clone, Default)]
pub(crate) struct Jar(Vec<Cookie>);

#[derive(Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    domain: Option<String>,
}

impl Jar {
    /// Returns the `Cookie` header for a request to `target`. The cookies with the longest paths come first. Returns
    /// `None` if no cookie matches.
    pub(crate) fn header(&self, target: &str) -> Option<String> {
        let mut cookies: Vec<_> = self.0.iter().filter(|cookie| cookie.is_sent_to(target)).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Returns the value of a cookie with this name.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.clone())
    }

    #[allow(dead_code)] // not every test program with this module uses it
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets the cookie of a `Set-Cookie` line, or removes it if the line has `Max-Age=0`. Ignores a cookie of another
    /// domain.
    pub(crate) fn take(&mut self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let attribute = |name: &str| {
            let mut attributes =
                attributes.split(';').filter_map(|attribute| attribute.trim().split_once('='));
            attributes.find(|(held, _)| *held == name).map(|(_, value)| value.to_owned())
        };
        let new = Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            path: attribute("Path").unwrap_or_else(|| "/".to_owned()),
            domain: attribute("Domain"),
        };
        if new.domain.as_ref().is_none_or(|domain| domain == HOST) {
            self.0.retain(|cookie| !new.replaces(cookie));
            if attribute("Max-Age").as_deref() != Some("0") {
                self.0.push(new);
            }
        }
    }
}

impl Cookie {
    fn is_sent_to(&self, target: &str) -> bool {
        let rest = target.strip_prefix(&self.path);
        self.path == "/" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    fn replaces(&self, other: &Self) -> bool {
        (&self.name, &self.path, &self.domain) == (&other.name, &other.path, &other.domain)
    }
}
