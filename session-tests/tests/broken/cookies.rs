//! Writers of `Set-Cookie` lines, each with a flaw.

use std::time::Duration;

use ::cookie::time::OffsetDateTime;
use session_tests::cookie::{self, Cookie, SameSite};

use crate::failure;

flaws! {
    LosesPath: "the path is not written";
    LosesDomain: "the domain is not written";
    LosesMaxAge: "`Max-Age` is not written";
    LosesSecure: "`Secure` is not written";
    LosesHttpOnly: "`HttpOnly` is not written";
    LosesSameSite: "`SameSite` is not written";
    LosesPartitioned: "`Partitioned` is not written";
    SameSiteNoneIsNone: "no `SameSite` is written although `SameSite=None` was requested";
    SameSiteDefaults: "`SameSite=Lax` is written although no `SameSite` was requested";
    HttpOnlyUnlessSecure: "`HttpOnly` is not written if `Secure` is written";
    MaxAgeInMilliseconds: "`Max-Age` is in milliseconds";
    MaxAgeWithFraction: "`Max-Age` has a fraction";
    MaxAgeWithLeadingZero: "`Max-Age` has a leading zero";
    ExpiresOnly: "`Expires` is written instead of `Max-Age`";
    ExpiresIsNoDate: "`Expires` is a date in an obsolete form";
    ExpiresHasWrongWeekday: "`Expires` has the wrong day of the week";
    ExpiresIsFixed: "`Expires` is the same date for every `Max-Age`";
    ExpiresTooSoon: "`Expires` takes the seconds of `Max-Age` for milliseconds";
    SeparatesByCommas: "the attributes are separated by commas";
    QuotesAttributes: "the path is written in quotes";
    EmptyAttributes: "attributes that were not requested are written with empty values";
    PathTwice: "the path is written twice";
    CutsValue: "the value is truncated at a `=`";
    DecodesValue: "percent-encoding in the value is decoded";
    ValueUnchecked: "the value is not checked, so a line feed in it starts another header";
    ValueSemicolon: "a `;` in the value passes and starts an attribute";
    ValueTrimmed: "spaces around the value are trimmed";
    ValueReplaced: "invalid characters in the value are replaced";
    NameUnchecked: "the name is not checked";
    EmptyName: "an empty name passes";
    PathUnchecked: "the path is not checked";
    RelativePath: "a path that does not start with `/` passes";
    DomainUnchecked: "the domain is not checked";
    DomainHyphens: "a label of the domain that begins or ends with `-` passes";
    HostPrefixUnchecked: "a `__Host-` name passes without the attributes that it requires";
    PrefixesByCase: "name prefixes are case-sensitive, but browsers ignore case";
    InsecureSameSiteNone: "`SameSite=None` passes without `Secure`";
    InsecurePartitioned: "`Partitioned` passes without `Secure`";
    TooLarge: "a cookie with over 4096 bytes of name and value passes, although browsers ignore it";
    LongPath: "a path of over 1024 bytes passes, although browsers ignore it";
    MaxAgeBecomesZero: "a `Max-Age` of under a second is written as zero, which removes the cookie";
    RemovalStays: "a removal sets an empty value, but does not make the cookie expire";
    RemovalMaxAgeOne: "a removal has a `Max-Age` of one second instead of zero";
    RemovalExpiresTomorrow: "a removal has an `Expires` in the future";
    RemovalKeepsMaxAge: "a removal has the `Max-Age` of the cookie";
    RemovalLosesPath: "a removal has no path";
    RemovalLosesDomain: "a removal has no domain";
    RemovalLosesFlags: "a removal has no `Secure`, which a `__Host-` name requires, and no `HttpOnly` or `SameSite`";
    RemovalLosesPartitioned: "a removal is not partitioned";
    RefusesLong: "values of over 1024 bytes are refused";
    RefusesUnusualNames: "names that start with a character other than a letter are refused";
}

const LONG_AGO: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

fn write(flaw: Flaw, cookie: &Cookie) -> Result<String, String> {
    let mut value = cookie.value.clone().unwrap_or_default();
    match flaw {
        Flaw::CutsValue => value.truncate(value.find('=').unwrap_or(value.len())),
        Flaw::ValueTrimmed => value = value.trim().to_owned(),
        Flaw::ValueReplaced => value = value.replace(|char| !is_octet(char), "_"),
        Flaw::RefusesLong if value.len() > 1024 => return Err("too long".into()),
        Flaw::RefusesUnusualNames if !cookie.name.starts_with(char::is_alphabetic) => {
            return Err("unusual name".into());
        }
        _ => {}
    }
    check_cookie(flaw, cookie, &value)?;
    if flaw == Flaw::DecodesValue {
        value = decoded(&value);
    }

    let is_removal = cookie.value.is_none();
    let text =
        |text: &Option<String>| text.clone().filter(|text| !text.is_empty() || flaw == Flaw::EmptyAttributes);
    let mut attributes = Vec::new();
    let loses_domain = flaw == Flaw::LosesDomain || (flaw == Flaw::RemovalLosesDomain && is_removal);
    if let Some(domain) = text(&cookie.domain).filter(|_| !loses_domain) {
        attributes.push(format!("Domain={domain}"));
    } else if flaw == Flaw::EmptyAttributes {
        attributes.push("Domain=".to_owned());
    }
    if is_removal {
        attributes.extend(removal(flaw, cookie));
    } else if let Some(max_age) = cookie.max_age {
        let seconds = max_age.as_secs();
        match flaw {
            Flaw::LosesMaxAge => {}
            Flaw::MaxAgeInMilliseconds => attributes.push(format!("Max-Age={}", max_age.as_millis())),
            Flaw::MaxAgeWithFraction => attributes.push(format!("Max-Age={seconds}.0")),
            Flaw::MaxAgeWithLeadingZero => attributes.push(format!("Max-Age=0{seconds}")),
            Flaw::ExpiresOnly => attributes.push("Expires=Fri, 31 Dec 9999 23:59:59 GMT".to_owned()),
            Flaw::ExpiresHasWrongWeekday => {
                attributes.push(format!("Max-Age={seconds}; Expires=Mon, 31 Dec 9999 23:59:59 GMT"));
            }
            Flaw::ExpiresIsNoDate => {
                attributes.push(format!("Max-Age={seconds}; Expires=Friday, 31-Dec-99 23:59:59 GMT"));
            }
            Flaw::ExpiresIsFixed => {
                attributes.push(format!("Max-Age={seconds}; Expires=Fri, 31 Dec 9999 23:59:59 GMT"));
            }
            Flaw::ExpiresTooSoon => {
                attributes.push(format!("Max-Age={seconds}; {}", expires(seconds / 1000)));
            }
            // `Expires` is allowed, but not required, so only some of the cookies have it.
            _ if cookie.httponly => attributes.push(format!("Max-Age={seconds}; {}", expires(seconds))),
            _ => attributes.push(format!("Max-Age={seconds}")),
        }
    }
    let loses_path = flaw == Flaw::LosesPath || (flaw == Flaw::RemovalLosesPath && is_removal);
    if let Some(path) = text(&cookie.path).filter(|_| !loses_path) {
        attributes.push(match flaw {
            Flaw::QuotesAttributes => format!("Path={path:?}"),
            Flaw::PathTwice => format!("Path={path}; Path={path}"),
            _ => format!("Path={path}"),
        });
    }
    let loses_flags = flaw == Flaw::RemovalLosesFlags && is_removal;
    if cookie.secure && flaw != Flaw::LosesSecure && !loses_flags {
        attributes.push("Secure".to_owned());
    }
    let loses_httponly = flaw == Flaw::HttpOnlyUnlessSecure && cookie.secure;
    if cookie.httponly && flaw != Flaw::LosesHttpOnly && !loses_httponly && !loses_flags {
        attributes.push("HttpOnly".to_owned());
    }
    match cookie.samesite.filter(|_| flaw != Flaw::LosesSameSite && !loses_flags) {
        Some(SameSite::None) if flaw == Flaw::SameSiteNoneIsNone => {}
        Some(samesite) => attributes.push(format!("SameSite={samesite:?}")),
        None if flaw == Flaw::SameSiteDefaults => attributes.push("SameSite=Lax".to_owned()),
        None => {}
    }
    let loses_partitioned =
        flaw == Flaw::LosesPartitioned || (flaw == Flaw::RemovalLosesPartitioned && is_removal);
    if cookie.partitioned && !loses_partitioned {
        attributes.push("Partitioned".to_owned());
    }
    attributes.insert(0, format!("{}={value}", cookie.name));
    Ok(attributes.join(if flaw == Flaw::SeparatesByCommas { ", " } else { "; " }))
}

/// Returns the attribute `Expires` of a cookie that is kept for `seconds`, counted from the start of 2026.
fn expires(seconds: u64) -> String {
    let now = OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
    let cookie = ::cookie::Cookie::build("a").expires(now + Duration::from_secs(seconds)).build();
    cookie.to_string().replace("a=; ", "")
}

/// Returns the text without percent-encoding.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => decoded.extend([&*char::from(byte).to_string(), &part[2..]]),
            None => decoded.extend(["%", part]),
        }
    }
    decoded
}

fn removal(flaw: Flaw, cookie: &Cookie) -> Option<String> {
    match flaw {
        Flaw::RemovalStays => None,
        Flaw::RemovalMaxAgeOne => Some("Max-Age=1".to_owned()),
        Flaw::RemovalExpiresTomorrow => Some("Expires=Fri, 31 Dec 9999 23:59:59 GMT".to_owned()),
        Flaw::RemovalKeepsMaxAge => {
            let max_age = cookie.max_age.map_or(String::new(), |age| format!("Max-Age={}; ", age.as_secs()));
            Some(format!("{max_age}Expires={LONG_AGO}"))
        }
        // `Max-Age=0` and a past `Expires` both remove the cookie.
        _ if cookie.httponly => Some("Max-Age=0".to_owned()),
        _ => Some(format!("Expires={LONG_AGO}")),
    }
}

fn check_cookie(flaw: Flaw, cookie: &Cookie, value: &str) -> Result<(), String> {
    let Cookie { name, secure, samesite, partitioned, .. } = cookie;
    let path = cookie.path.as_deref().filter(|path| !path.is_empty());
    let domain = cookie.domain.as_deref().filter(|domain| !domain.is_empty());
    let is_token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    let is_host = |host: &str| {
        let is_label = |label: &str| {
            (1..64).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && (flaw == Flaw::DomainHyphens || !(label.starts_with('-') || label.ends_with('-')))
        };
        host.len() < 254 && host.strip_prefix('.').unwrap_or(host).split('.').all(is_label)
    };
    let starts_with = |prefix: &str| match flaw {
        Flaw::PrefixesByCase => name.starts_with(prefix),
        _ => name.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase()),
    };
    let value_is_right = match flaw {
        Flaw::ValueUnchecked => true,
        Flaw::ValueSemicolon => value.chars().all(|char| is_octet(char) || char == ';' || char == ' '),
        _ => value.chars().all(is_octet),
    };
    let rules = [
        (flaw != Flaw::EmptyName && name.is_empty(), "no name"),
        (flaw != Flaw::NameUnchecked && !name.chars().all(is_token), "name"),
        (!value_is_right, "value"),
        (flaw != Flaw::TooLarge && name.len() + value.len() > 4096, "size"),
        (
            flaw != Flaw::PathUnchecked
                && path.is_some_and(|p| !p.chars().all(|c| c.is_ascii_graphic() && c != ';')),
            "path",
        ),
        (flaw != Flaw::RelativePath && path.is_some_and(|path| !path.starts_with('/')), "relative path"),
        (flaw != Flaw::LongPath && path.is_some_and(|path| path.len() > 1024), "long path"),
        (flaw != Flaw::DomainUnchecked && domain.is_some_and(|domain| !is_host(domain)), "domain"),
        (flaw != Flaw::MaxAgeBecomesZero && cookie.max_age.is_some_and(|age| age.as_secs() == 0), "max-age"),
        (flaw != Flaw::InsecureSameSiteNone && *samesite == Some(SameSite::None) && !secure, "samesite"),
        (flaw != Flaw::InsecurePartitioned && *partitioned && !secure, "partitioned"),
        (starts_with("__Secure-") && !secure, "__Secure-"),
        (
            flaw != Flaw::HostPrefixUnchecked
                && starts_with("__Host-")
                && (!secure || domain.is_some() || path != Some("/")),
            "__Host-",
        ),
    ];
    match rules.iter().find(|(is_broken, _)| *is_broken) {
        Some((_, what)) => Err((*what).to_owned()),
        None => Ok(()),
    }
}

fn is_octet(char: char) -> bool {
    char.is_ascii_graphic() && !"\",;\\".contains(char)
}

fn check(flaw: Flaw) {
    cookie::check(|cookie| write(flaw, cookie));
}

#[test]
fn message_shows_cookie_and_line() {
    let message =
        failure("a flaw", || cookie::writes_the_requested_cookie(|cookie| write(Flaw::LosesPath, cookie)));
    assert_eq!(
        message,
        "a cookie: Path: None, expected Some(\"/\"), in the line\n  session=value\n\n\
         minimal case:\ncookie \"session\" = \"value\", path \"/\"\n"
    );
}

#[test]
fn message_shows_both_lines_with_contradicting_expires() {
    let message = failure("a flaw", || {
        cookie::writes_the_requested_cookie(|cookie| write(Flaw::ExpiresIsFixed, cookie));
    });
    let line = |max_age: &str| {
        format!(
            "  session=value; Domain=example.org; Max-Age={max_age}; Expires=Fri, 31 Dec 9999 23:59:59 GMT; \
             Path=/a/b; Secure; HttpOnly; SameSite=None\n"
        )
    };
    let (first, second) = (line("3600"), line("90000"));
    let start =
        format!("a cookie: Expires contradicts Max-Age, in the lines\n{first}{second}\nminimal case:\n");
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn injected_header_is_shown_escaped() {
    let message = failure("a flaw", || {
        cookie::refuses_invalid_cookies(|cookie| write(Flaw::ValueUnchecked, cookie));
    });
    assert_eq!(
        message,
        "a cookie of any kind: the value has characters that are not cookie-octets, in the line\n  \
         session=a\\r\\nSet-Cookie: admin=1; Path=/\n\n\
         minimal case:\ncookie \"session\" = \"a\\r\\nSet-Cookie: admin=1\", path \"/\"\n"
    );
}
