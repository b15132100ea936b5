//! Checks that a valid configuration gives exactly the requested `Set-Cookie` header, and that an invalid one gives an
//! error with the right reason.
//!
//! Input: name, value, path, domain, max-age in seconds, and flags, separated by the byte 0xff, which UTF-8 never
//! contains. The flags are letters: `s`ecure, `h`ttponly, `p`artitioned, and for SameSite `S`trict, `L`ax or `N`one.

#![no_main]

use std::time::Duration;

use http::HeaderValue;
use libfuzzer_sys::{Corpus, fuzz_target};
use session_cookie::{CookieError, CookieTemplate, SameSite, SetCookie};

struct Asked<'a> {
    name: &'a str,
    value: &'a str,
    path: Option<&'a str>,
    domain: Option<&'a str>,
    max_age: Option<u64>,
    flags: &'a str,
}

impl<'a> Asked<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let mut fields = data.split(|&byte| byte == 0xff).map(|field| str::from_utf8(field).ok());
        let mut next = || fields.next().unwrap_or(Some(""));
        let (name, value, path, domain) = (next()?, next()?, next()?, next()?);
        let given = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let max_age = next()?.parse().ok();
        Some(Self { name, value, path: given(path), domain: given(domain), max_age, flags: next()? })
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn samesite(&self) -> Option<SameSite> {
        let choices = [('S', SameSite::Strict), ('L', SameSite::Lax), ('N', SameSite::None)];
        choices.into_iter().find_map(|(flag, samesite)| self.has(flag).then_some(samesite))
    }

    fn build(&self) -> Result<CookieTemplate, CookieError> {
        CookieTemplate::builder(self.name)
            .path(self.path.map(str::to_owned))
            .domain(self.domain.map(str::to_owned))
            .max_age(self.max_age.map(Duration::from_secs))
            .secure(self.has('s'))
            .httponly(self.has('h'))
            .partitioned(self.has('p'))
            .samesite(self.samesite())
            .build()
    }

    /// Returns the attributes that the header has to contain, sorted.
    fn attributes(&self) -> Vec<String> {
        let mut attributes = Vec::new();
        attributes.extend(self.path.map(|path| format!("Path={path}")));
        attributes.extend(self.host().map(|host| format!("Domain={host}")));
        attributes.extend(self.max_age.map(|seconds| format!("Max-Age={seconds}")));
        attributes.extend(self.has('s').then(|| "Secure".to_owned()));
        attributes.extend(self.has('h').then(|| "HttpOnly".to_owned()));
        attributes.extend(self.has('p').then(|| "Partitioned".to_owned()));
        attributes.extend(self.samesite().map(|samesite| format!("SameSite={samesite:?}")));
        attributes.sort();
        attributes
    }

    fn host(&self) -> Option<&str> {
        self.domain.map(|domain| domain.strip_prefix('.').unwrap_or(domain))
    }

    fn name_is_valid(&self) -> bool {
        let is_token = |char: char| char.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(char);
        !self.name.is_empty() && self.name.chars().all(is_token)
    }

    fn path_is_valid(&self) -> bool {
        let is_valid = |path: &str| {
            path.starts_with('/') && !path.contains(|c: char| !('!'..='~').contains(&c) || c == ';')
        };
        self.path.is_none_or(is_valid)
    }

    fn domain_is_valid(&self) -> bool {
        let in_label = |char: char| char.is_ascii_alphanumeric() || char == '-';
        let has_hyphen_at_end = |label: &str| label.starts_with('-') || label.ends_with('-');
        let is_label = |label: &str| {
            (1..=63).contains(&label.len()) && label.chars().all(in_label) && !has_hyphen_at_end(label)
        };
        self.host().is_none_or(|host| host.len() <= 253 && host.split('.').all(is_label))
    }

    /// Returns whether the attributes satisfy the prefix of the name, if it has one. Browsers ignore the case of
    /// prefixes.
    fn prefix_is_satisfied(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let is_bound = self.has('s') && self.path == Some("/") && self.domain.is_none();
        (!name.starts_with("__secure-") || self.has('s'))
            && (!name.starts_with("__host-") || is_bound)
            && (!name.starts_with("__http-") || (self.has('s') && self.has('h')))
            && (!name.starts_with("__host-http-") || (is_bound && self.has('h')))
    }

    fn is_too_large(&self) -> bool {
        self.name.len() > 4096 || self.path.is_some_and(|path| path.len() > 1024)
    }

    /// Returns which faults the configuration has, in the order of [`reasons`].
    fn faults(&self) -> [bool; 8] {
        [
            !self.name_is_valid(),
            self.is_too_large(),
            !self.path_is_valid(),
            !self.domain_is_valid(),
            self.max_age == Some(0),
            self.samesite() == Some(SameSite::None) && !self.has('s'),
            self.has('p') && !self.has('s'),
            !self.prefix_is_satisfied(),
        ]
    }
}

/// Returns which faults the error reports.
fn reasons(error: &CookieError) -> [bool; 8] {
    [
        error.is_invalid_name(),
        error.is_too_large(),
        error.is_invalid_path(),
        error.is_invalid_domain(),
        error.is_invalid_max_age(),
        error.is_invalid_samesite(),
        error.is_invalid_partitioned(),
        error.is_prefix_violation(),
    ]
}

/// Parses the header strictly: the pair `name=value`, then the attributes, each after a semicolon and one space.
fn read(cookie: &SetCookie) -> (&str, &str, Vec<String>) {
    let text = cookie.as_str();
    assert!(
        text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "the header must consist of visible ASCII and spaces"
    );
    let header = HeaderValue::from(cookie.clone());
    assert!(header.as_bytes() == text.as_bytes() && header.is_sensitive());

    let mut parts = text.split("; ");
    let (name, value) =
        parts.next().and_then(|pair| pair.split_once('=')).expect("the header begins with `name=value`");
    assert_eq!((name, value), (cookie.name(), cookie.value()));
    let mut attributes: Vec<String> = parts.map(str::to_owned).collect();
    assert_eq!(attributes.len(), text.matches(';').count(), "an attribute must not contain a semicolon");
    attributes.sort();
    (name, value, attributes)
}

fn check_live(template: &CookieTemplate, asked: &Asked<'_>) {
    let is_octet = |char: char| char.is_ascii_graphic() && !"\",;\\".contains(char);
    let is_too_large = asked.name.len() + asked.value.len() > 4096;
    match template.set(asked.value) {
        Ok(cookie) => {
            assert!(asked.value.chars().all(is_octet) && !is_too_large);
            assert_eq!(read(&cookie), (asked.name, asked.value, asked.attributes()));
        }
        Err(error) if error.is_too_large() => assert!(is_too_large),
        Err(error) => assert!(error.is_invalid_value() && !asked.value.chars().all(is_octet), "{error}"),
    }
}

fn check_removal(template: &CookieTemplate, asked: &Asked<'_>) {
    let removed = Asked { max_age: Some(0), value: "", ..*asked };
    let mut attributes = removed.attributes();
    attributes.push("Expires=Thu, 01 Jan 1970 00:00:00 GMT".to_owned());
    attributes.sort();
    assert_eq!(read(&template.removal()), (asked.name, "", attributes));
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(asked) = Asked::read(data) else { return Corpus::Reject };
    let faults = asked.faults();
    match asked.build() {
        Ok(template) => {
            assert_eq!(faults, [false; 8], "a configuration with a fault must be refused");
            check_live(&template, &asked);
            check_removal(&template, &asked);
        }
        Err(error) => {
            let reasons = reasons(&error);
            assert_eq!(
                reasons.iter().filter(|reason| **reason).count(),
                1,
                "an error must have exactly one reason"
            );
            assert!(
                reasons.iter().zip(faults).all(|(reason, wrong)| wrong || !reason),
                "the error must report a fault of the configuration: {error}"
            );
        }
    }
    Corpus::Keep
});
