//! Remarks on the name, the attributes and the size of a cookie.

use signed_session::parts::session_cookie::{CookieTemplate, MAX_NAME_AND_VALUE};

use super::Remark;
use super::set_cookie::SetCookieLine;

pub(super) fn remarks(line: &SetCookieLine) -> Vec<Remark> {
    let checks = [secure, httponly, samesite, name, domain, path, partitioned, size];
    checks.into_iter().filter_map(|check| check(line)).collect()
}

fn secure(line: &SetCookieLine) -> Option<Remark> {
    let why = "browsers send the cookie over http as well, where others on the network can read it";
    (!line.has("secure"))
        .then(|| Remark::weakness("no Secure", why, "serve the site over https and add Secure"))
}

fn httponly(line: &SetCookieLine) -> Option<Remark> {
    let why = "scripts can read the cookie, so an injected script can steal the session";
    (!line.has("httponly")).then(|| Remark::weakness("no HttpOnly", why, "add HttpOnly"))
}

fn samesite(line: &SetCookieLine) -> Option<Remark> {
    let Some(value) = line.attribute("samesite") else {
        let why = "some browsers then send the cookie with requests that other sites make";
        return Some(Remark::weakness("no SameSite", why, "add SameSite=Lax"));
    };
    match value.to_ascii_lowercase().as_str() {
        "lax" | "strict" => None,
        "none" if !line.has("secure") => {
            let what = "SameSite=None without Secure";
            Some(Remark::weakness(what, "browsers refuse the cookie", "use SameSite=Lax, or add Secure"))
        }
        "none" => {
            let why = "browsers send the cookie with requests that other sites make";
            let to_do = "use SameSite=Lax, unless other sites embed this one";
            Some(Remark::weakness("SameSite=None", why, to_do))
        }
        _ => {
            let why = "browsers do not know this value and use their default";
            Some(Remark::weakness(format!("SameSite {value:?}"), why, "use SameSite=Lax"))
        }
    }
}

/// Each prefix in lower case, with the advice for a cookie that breaks its rules. If other subdomains can plant cookies
/// with the prefix, the third element is the prefix to use instead. `__host-http-` comes before `__host-`, because
/// every name with the longer prefix also begins with the shorter one.
const PREFIXES: [(&str, &str, Option<&str>); 4] = [
    ("__host-http-", "add Secure, HttpOnly and Path=/, and remove Domain", None),
    ("__http-", "add Secure and HttpOnly", Some("__Host-Http-")),
    ("__host-", "add Secure and Path=/, and remove Domain", None),
    ("__secure-", "add Secure", Some("__Host-")),
];

fn name(line: &SetCookieLine) -> Option<Remark> {
    let lowercase = line.name.to_ascii_lowercase();
    let what = format!("name {:?}", line.name);
    let Some((prefix, to_do, host)) = PREFIXES.iter().find(|(prefix, ..)| lowercase.starts_with(prefix))
    else {
        let why = "without a prefix, another subdomain or a network attacker can plant a cookie of this name";
        return Some(Remark::weakness(what, why, format!("use \"__Host-{}\"", line.name)));
    };
    // The library checks the prefix. The template's path and domain are valid, so they cause no other error.
    let template = CookieTemplate::builder(&line.name)
        .secure(line.has("secure"))
        .httponly(line.has("httponly"))
        .path(if line.attribute("path") == Some("/") { "/" } else { "/other" })
        .domain(has_domain(line).then(|| "example.com".to_owned()));
    if template.build().is_err_and(|error| error.is_prefix_violation()) {
        let why = "browsers refuse the cookie, because the attributes break the rules of its prefix";
        return Some(Remark::weakness(what, why, *to_do));
    }
    let rest = line.name.get(prefix.len()..).unwrap_or_default();
    host.map(|host| {
        let why = "with this prefix, another subdomain can plant a cookie of this name";
        Remark::weakness(what, why, format!("use \"{host}{rest}\""))
    })
}

/// Returns whether the cookie has a domain. Browsers ignore an empty one.
fn has_domain(line: &SetCookieLine) -> bool {
    line.attribute("domain").is_some_and(|domain| !domain.is_empty())
}

fn domain(line: &SetCookieLine) -> Option<Remark> {
    let why = "all subdomains get the cookie, and each of them can set a cookie of this name";
    let what = format!("Domain={}", line.attribute("domain")?);
    has_domain(line).then(|| Remark::weakness(what, why, "remove Domain"))
}

fn path(line: &SetCookieLine) -> Option<Remark> {
    match line.attribute("path") {
        Some("/") => None,
        Some(path) if path.starts_with('/') => {
            let why = "pages under other paths of the host can still get the cookie";
            let to_do = "use Path=/, and serve pages that must not see the cookie from another host";
            Some(Remark::note(format!("Path={path}"), why, to_do))
        }
        other => {
            let what = other.map_or_else(|| "no Path".to_owned(), |path| format!("Path={path}"));
            let why = "browsers use the folder of the URL that set the cookie, so other pages do not get it";
            Some(Remark::weakness(what, why, "use Path=/"))
        }
    }
}

fn partitioned(line: &SetCookieLine) -> Option<Remark> {
    let is_refused = line.has("partitioned") && !line.has("secure");
    is_refused
        .then(|| Remark::weakness("Partitioned without Secure", "browsers refuse the cookie", "add Secure"))
}

fn size(line: &SetCookieLine) -> Option<Remark> {
    let size = line.name.len() + line.value.len();
    let what = format!("{size} bytes of name and value");
    if size > MAX_NAME_AND_VALUE {
        let why = "browsers ignore a cookie of over 4096 bytes";
        return Some(Remark::weakness(what, why, "store less in the session"));
    }
    let is_close = size * 10 >= MAX_NAME_AND_VALUE * 9;
    is_close.then(|| {
        let why = "browsers ignore a cookie of over 4096 bytes, and few bytes are left";
        Remark::weakness(what, why, "store less in the session, such as an id instead of the data")
    })
}
