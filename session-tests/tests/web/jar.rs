//! The cookies of a browser.

/// The host of the site.
pub(crate) const HOST: &str = "shop.test";

/// A browser's cookies of the site. As in a browser, cookies of one name with different paths or domains are different
/// cookies. A cookie without a path gets the path `/`, not the directory of the request.
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
    /// Returns the `Cookie` header of a request, with the cookies of longer paths first; `None` without cookies.
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

    #[allow(dead_code)] // not in every test that has this module
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets the cookie of a `Set-Cookie` line, or removes it. Ignores a cookie of another domain.
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
