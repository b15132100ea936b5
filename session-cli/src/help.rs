//! The text of `--help`, except for the options. A test runs every line that begins with `$`.
//!
//! A paragraph is one line, which clap wraps to fit the terminal. Tables and examples have at most 80 columns.

pub(crate) const ABOUT: &str = "\
Signs, verifies and inspects session cookies. The cookies are those of the Rust crate signed-session and of Pyramid's \
SignedCookieSessionFactory, which have the same format.

The value of such a cookie is

    base64url( tag ‖ [accessed, created, state] )
               │      │         │        └ the entries of the session, an object
               │      │         └ time at which the session began, in Unix seconds
               │      └ time of the last access, from which --timeout counts
               └ HMAC of the rest; the key is the salt followed by the secret

Only a holder of the secret can create or change such a cookie. Anyone who has the cookie can read it: it is signed, \
not encrypted.";

pub(crate) const AFTER: &str = "\
Examples:
  # Generate a secret, sign a cookie with it, and verify the cookie
  $ (umask 077; signed-session keygen > secret)
  $ echo '{\"user\": \"zoe\"}' | signed-session sign --secret-file secret > cookie
  $ signed-session verify --secret-file secret < cookie
  # Show the help of a command
  $ signed-session verify --help

Exit codes:
  0  done; the cookie is valid
  1  the cookie is not valid, or the input cannot be used
  2  the command line is wrong: an invalid option, no secret or two, a secret
     that is weak or cannot be read";

pub(crate) const KEYGEN: &str = "\
Prints a new secret and nothing else: 64 random bytes from the operating system, in hexadecimal.

Keep the secret in a file that only the service can read, or in your deployment's secret store, which passes it to the \
service as an environment variable. Do not put it into the source code or on a command line.

Anyone who has the secret can create any session. If the secret is lost, all users are signed out. Use each secret for \
one purpose only.";

pub(crate) const KEYGEN_AFTER: &str = "\
Examples:
  # Write the secret to a file that only you can read
  $ (umask 077; signed-session keygen > secret)
  # Set an environment variable of this shell
  $ export SESSION_SECRET=\"$(signed-session keygen)\"
  $ echo '{}' | signed-session sign --secret-env SESSION_SECRET";

pub(crate) const SIGN: &str = "\
Reads the state of a session, a JSON object, from standard input, and prints the value of the cookie.

The JSON serializer preserves the spelling of the entries: integers of any size, floats with all their digits. If the \
value is over the limit, the error names the largest entries.";

pub(crate) const SIGN_AFTER: &str = "\
Examples:
  $ (umask 077; signed-session keygen > secret)
  $ echo '{\"user\": \"zoe\", \"n\": 1}' | signed-session sign --secret-file secret
  # Sign a session that began an hour ago
  $ began=$(($(date +%s) - 3600))
  $ echo '{}' | signed-session sign --secret-file secret --created $began
  # Write a cookie as Pyramid before 2.0 does
  $ echo '{}' | signed-session sign --secret-file secret --serializer pickle

Exit code: 0 if the cookie is printed, 1 if the input cannot be used, 2 if the command line is wrong.";

/// The help text that `verify` and `inspect` share.
macro_rules! report {
    ($examples:literal) => {
        concat!(
            "\
Prints a report as one line of JSON, an object with these fields:
  valid     whether the signature is valid, the session can be read, and it
            has not expired
  reason    why the cookie is not valid; absent if it is valid
  verified  whether the signature is valid
  key       the key that signed it: \"current\", \"retired:1\" and so on
  created   time at which the session began, in Unix seconds
  accessed  time of the last access, in Unix seconds
  age       seconds since the session began
  expired   whether --timeout has passed since the last access; false if the
            signature is not valid
  bytes     size of the cookie's value
  limit     maximum size of a value in bytes
  state     the entries of the session, in their original spelling
A field that is unknown or not shown is null. Of several cookies with the name, the last valid one counts, as in the \
library.

Examples:
  $ (umask 077; signed-session keygen > secret)
  $ cookie=$(echo '{\"n\": 1}' | signed-session sign --secret-file secret)
",
            $examples,
            "

Exit code: 0 if the cookie is valid, 1 if it is not, 2 if the command line is wrong."
        )
    };
}

pub(crate) const VERIFY: &str = "\
Checks a cookie, and shows its session only if the cookie is valid.";

pub(crate) const VERIFY_AFTER: &str = report!(
    "  # Verify a value, after `--` because it may begin with `-`
  $ signed-session verify --secret-file secret -- \"$cookie\"
  # Verify a line from a browser's developer tools
  $ echo \"Cookie: session=$cookie\" | signed-session verify --secret-file secret
  # Verify a cookie after a rotation of the secret
  $ mv secret old
  $ (umask 077; signed-session keygen > new)
  $ echo \"$cookie\" > cookie
  $ signed-session verify --secret-file new --retired-secret-file old < cookie"
);

pub(crate) const INSPECT: &str = "\
Checks a cookie, and shows its session even if the cookie has expired or cannot be verified. If \"verified\" is false, \
anyone may have written the session.

Without a secret, it shows the last cookie with the name, and verifies nothing. It then uses --hash only for the length \
of the tag.";

pub(crate) const INSPECT_AFTER: &str = report!(
    "  # Find out why a user was signed out
  $ signed-session inspect --secret-file secret -- \"$cookie\"
  # Check the cookie as of tomorrow
  $ at=$(($(date +%s) + 86400))
  $ signed-session inspect --secret-file secret --now $at -- \"$cookie\" || true
  # Show the contents, which needs no secret
  $ signed-session inspect -- \"$cookie\" || true"
);
