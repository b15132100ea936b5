//! What `--help` says beyond the options. A test runs every line that begins with `$`.
//!
//! Paragraphs are one line each, which clap breaks to fit the terminal; what is laid out has at most 80 columns.

pub(crate) const ABOUT: &str = "\
Signs session cookies, verifies them and shows what is in them: the cookies of the Rust crate signed-session and of \
Pyramid's SignedCookieSessionFactory, which are the same.

The value of such a cookie is

    base64url( tag ‖ [accessed, created, state] )
               │      │         │        └ the session itself, an object
               │      │         └ when it began, in Unix seconds
               │      └ when it was last accessed: what --timeout counts from
               └ HMAC of what follows it; the key is the salt, then the secret

Nobody without the secret can make or change such a cookie, but whoever has a cookie can read it: it is signed, not \
encrypted.";

pub(crate) const AFTER: &str = "\
Examples:
  # A secret, a cookie that it signs, and what there is to say about the cookie
  $ (umask 077; signed-session keygen > secret)
  $ echo '{\"user\": \"zoe\"}' | signed-session sign --secret-file secret > cookie
  $ signed-session verify --secret-file secret < cookie
  # All there is to know about a command
  $ signed-session verify --help

Exit codes:
  0  done; the cookie is valid
  1  the cookie is not valid, or the input cannot be worked with
  2  the call is wrong: a bad option, no secret or two, a secret that is too
     short or cannot be read";

pub(crate) const KEYGEN: &str = "\
Prints a new secret and nothing else: 64 random bytes of the operating system, as text.

Keep it in a file that only the service can read, or wherever your deployment keeps secrets and from where it reaches \
the service as an environment variable. It belongs neither into the source code nor on a command line.

Whoever has the secret can make any session. If it is lost, all users are signed out. Use one secret for one purpose.";

pub(crate) const KEYGEN_AFTER: &str = "\
Examples:
  # Into a file that only you can read
  $ (umask 077; signed-session keygen > secret)
  # Into an environment variable of this shell
  $ export SESSION_SECRET=\"$(signed-session keygen)\"
  $ echo '{}' | signed-session sign --secret-env SESSION_SECRET";

pub(crate) const SIGN: &str = "\
Reads a session's state from standard input, a JSON object, and prints the value of the cookie.

With JSON as the serializer the entries go into the cookie as they are spelled: integers of any size, floats with all \
their digits. A value that is over the limit is refused with the names of the largest entries.";

pub(crate) const SIGN_AFTER: &str = "\
Examples:
  $ (umask 077; signed-session keygen > secret)
  $ echo '{\"user\": \"zoe\", \"n\": 1}' | signed-session sign --secret-file secret
  # A session that began an hour ago
  $ began=$(($(date +%s) - 3600))
  $ echo '{}' | signed-session sign --secret-file secret --created $began
  # As an old Pyramid would write it
  $ echo '{}' | signed-session sign --secret-file secret --serializer pickle

Exit code: 0 if there is a cookie, 1 if the input makes none, 2 if the call is wrong.";

/// What `verify` and `inspect` have in common.
macro_rules! report {
    ($examples:literal) => {
        concat!(
            "\
Prints one line, a JSON object:
  valid     whether the signature is good, and the session can be read and is
            not expired
  reason    why it is not valid; only there if it is not
  verified  whether the signature is good
  key       whose it is: \"current\", \"retired:1\" and so on
  created   when the session began, in Unix seconds
  accessed  when it was last accessed, in Unix seconds
  age       seconds since it began
  expired   whether --timeout has passed since the last access; false if the
            signature is not good
  bytes     of the cookie's value
  limit     bytes that a value may have
  state     the session itself, its entries as they are spelled
What is not known, or not shown, is null. Of several cookies of the name, the last valid one is taken, as in the \
library.

Examples:
  $ (umask 077; signed-session keygen > secret)
  $ cookie=$(echo '{\"n\": 1}' | signed-session sign --secret-file secret)
",
            $examples,
            "

Exit code: 0 if the cookie is valid, 1 if it is not, 2 if the call is wrong."
        )
    };
}

pub(crate) const VERIFY: &str = "\
Checks a cookie, and shows the session in it only if the cookie is valid.";

pub(crate) const VERIFY_AFTER: &str = report!(
    "  # A value, after `--` because it may begin with `-`
  $ signed-session verify --secret-file secret -- \"$cookie\"
  # A line, as a browser's developer tools show it
  $ echo \"Cookie: session=$cookie\" | signed-session verify --secret-file secret
  # After a change of the secret
  $ mv secret old
  $ (umask 077; signed-session keygen > new)
  $ echo \"$cookie\" > cookie
  $ signed-session verify --secret-file new --retired-secret-file old < cookie"
);

pub(crate) const INSPECT: &str = "\
Checks a cookie, and shows the session in it even if the cookie is expired or cannot be verified. Where \"verified\" is \
false, anybody may have written what is shown.

Without a secret it only shows the last cookie of the name. It then has to know --hash, for the length of the tag, and \
--serializer.";

pub(crate) const INSPECT_AFTER: &str = report!(
    "  # Why was this user signed out?
  $ signed-session inspect --secret-file secret -- \"$cookie\"
  # What will be said about the cookie tomorrow?
  $ at=$(($(date +%s) + 86400))
  $ signed-session inspect --secret-file secret --now $at -- \"$cookie\" || true
  # What is in it? No secret is needed for that
  $ signed-session inspect -- \"$cookie\" || true"
);
