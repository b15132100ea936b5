//! Remarks on the secrets, and on the value of a cookie.

use signed_session::{KeyId, Secret, Secrets};

use super::Remark;
use super::set_cookie::SetCookieLine;
use crate::factory::Times;
use crate::finding::Finding;
use crate::format::Format;
use crate::keys::GivenSecret;
use crate::options::CookieArgs;
use crate::protection::Protection;
use crate::recognise::Recognised;
use crate::{Failure, candidates, keys};

/// The hashes that only old applications use.
const LEGACY: [&str; 2] = ["md5", "sha1"];

pub(super) fn weak_secret(given: &GivenSecret) -> Option<Remark> {
    let weakness = given.weakness.as_ref()?;
    let remark = Remark::weakness(
        format!("{}: {weakness}", given.source),
        "anyone who guesses it can write sessions",
        "replace it with a new one from `signed-session keygen`",
    );
    Some(Remark { is_weakness: !given.allows_weak(), ..remark })
}

pub(super) fn remarks(
    line: &SetCookieLine,
    args: &CookieArgs,
    secrets: Vec<GivenSecret>,
) -> Result<Vec<Remark>, Failure> {
    let text = [b"Set-Cookie: ", line.name.as_bytes(), b"=", &line.value].concat();
    let has_weak = secrets.iter().any(|given| given.weakness.is_some());
    let checked = match keys::join(secrets) {
        Some(secrets) => match checked(line, args, &secrets, &text) {
            // Weak secrets cannot decrypt, so the check fails if all secrets are weak and only encrypted formats are
            // tried. Ignore this error, because the secrets already have remarks. To find an error with another cause,
            // repeat the check with a strong secret.
            Err(_) if has_weak => {
                let strong = Secret::generate().map_err(Failure::data)?;
                checked(line, args, &strong.into(), &text)?;
                None
            }
            checked => checked?,
        },
        None => None,
    };
    let (finding, verification) = match checked {
        Some(finding) if !finding.lacks_strong_secret => {
            let remark = verification(&finding);
            (finding, remark)
        }
        _ => {
            let to_do = if has_weak { "give a strong secret" } else { "give the secret to verify it" };
            let finding = Finding::unverified(args, &[&line.name], &text);
            (finding.unwrap_or_default(), Some(Remark::note("value", "it is not verified", to_do)))
        }
    };
    let recognised = &finding.recognised;
    let format = [protection(&finding), legacy_hash(recognised, args), pickle(recognised, args)];
    Ok(verification.into_iter().chain(format.into_iter().flatten()).collect())
}

/// Verifies the value. Does not check whether the session has expired, because a line from a log can be old.
fn checked(
    line: &SetCookieLine,
    args: &CookieArgs,
    secrets: &Secrets,
    text: &[u8],
) -> Result<Option<Finding>, Failure> {
    let configs = args.configs_of(&line.name);
    let found = candidates::check(&configs, secrets, |_| Times::unlimited(), text)?;
    Ok(found.map(|found| Finding::checked(&found, args)))
}

fn verification(finding: &Finding) -> Option<Remark> {
    match (finding.key, &finding.reason) {
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or_default();
            let why = "none of the given secrets has signed or encrypted it, so the service cannot read it";
            let to_do = "check the secret, and --salt, --hash and --aead if they are given";
            Some(Remark::weakness(format!("value ({reason})"), why, to_do))
        }
        (Some(_), Some(reason)) if !is_id(finding) => {
            let what = format!("value ({reason})");
            Some(Remark::weakness(what, "it is authentic, but holds no session", "check the serializer"))
        }
        (Some(key), _) if key != KeyId::Current => {
            let to_do = "remove the retired secret when one timeout has passed since the rotation";
            Some(Remark::note("value", "a retired secret has signed or encrypted it", to_do))
        }
        (Some(_), _) => None,
    }
}

/// Returns whether the value is, or may be, the id of a session in a store.
fn is_id(finding: &Finding) -> bool {
    finding.recognised.protections.contains(&Protection::SessionId)
}

fn protection(finding: &Finding) -> Option<Remark> {
    match finding.recognised.protections.first() {
        Some(Protection::Signed(_)) => {
            let why = "the cookie is signed, not encrypted: anyone who has it can read the session";
            let to_do = "store nothing in it that the user may not see, or encrypt it";
            Some(Remark::note("contents", why, to_do))
        }
        Some(Protection::SessionId) if finding.key.is_none() => {
            let why = "it may be the id of a session in a store, or a value of another format";
            Some(Remark::note("value", why, "find out whether others can read and change it"))
        }
        Some(Protection::Encrypted(_) | Protection::SessionId) => None,
        None => {
            let why = "it is neither a signed nor an encrypted session of this format";
            Some(Remark::note("value", why, "find out whether others can read and change it"))
        }
    }
}

/// Returns a remark if the hash is one of [`LEGACY`]. If the cookie's format is not recognised, checks the hash that
/// the options select.
fn legacy_hash(recognised: &Recognised, args: &CookieArgs) -> Option<Remark> {
    let protection = recognised.protections.first().copied().unwrap_or(args.config().protection);
    let hash = protection.algorithm();
    LEGACY.contains(&hash.as_str()).then(|| {
        let why = "attacks on this hash only get better, and it is meant for the cookies of old applications";
        Remark::weakness(
            format!("hash {hash}"),
            why,
            "use sha512, and read the old cookies with `also_reads`",
        )
    })
}

/// Returns a remark if the serializer is pickle. If the cookie's format is not recognised, checks the serializer that
/// the options select.
fn pickle(recognised: &Recognised, args: &CookieArgs) -> Option<Remark> {
    let serializer = recognised.serializer.unwrap_or(args.reader());
    (serializer == Format::Pickle).then(|| {
        let why = "anyone who learns the secret can write a pickle that runs code in a Python application";
        Remark::weakness("serializer pickle", why, "use JSON, and read the old cookies with `also_reads`")
    })
}
