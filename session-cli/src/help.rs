//! The text of `--help`, except for the options. A test runs every line that begins with `$`. It runs the examples of
//! `sessions` only if the feature `sqlite` is enabled.
//!
//! A paragraph is one line, which clap wraps to fit the terminal. Tables, diagrams and examples have at most 80
//! columns.

pub(crate) const ABOUT: &str = "\
Signs and encrypts session cookies, verifies them, shows what is in them, and ends sessions that are in a store. The \
cookies are those of the Rust crate signed-session. Its signed cookies have the format of Pyramid's \
SignedCookieSessionFactory.

The value of a signed cookie is

    base64url( tag ‖ [accessed, created, state] )
               │      │         │        └ the session's entries, an object
               │      │         └ time at which the session began, in Unix seconds
               │      └ time of the last access, from which --timeout counts
               └ HMAC of the rest; the key is the salt followed by the secret

The value of an encrypted cookie (option --encrypted) is

    base64url( 1 ‖ key id ‖ nonce ‖ ciphertext ‖ tag )
                                    └ encrypted [accessed, created, state]

Only a holder of the secret can create or change these cookies. Anyone who has a signed cookie can read it. Only a \
holder of the secret can read an encrypted one. An encrypted cookie is valid only under the name that it was written \
for.";

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
  1  the cookie is invalid or weak, the input cannot be used, or the system or
     a store reports an error
  2  the command line or a configuration file is wrong: an option is invalid, or
     the secret is missing, given twice, weak, or cannot be read";

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
Reads the state of a session, a JSON object, from standard input, and prints the value of the cookie. The value \
is signed or, with --encrypted, encrypted.

The JSON serializer preserves the spelling of the entries: integers of any size, floats with all their digits. If the \
value is too large for a cookie, the error names the largest entries.";

pub(crate) const SIGN_AFTER: &str = "\
Examples:
  $ (umask 077; signed-session keygen > secret)
  $ echo '{\"user\": \"zoe\", \"n\": 1}' | signed-session sign --secret-file secret
  # Sign a session that began an hour ago
  $ began=$(($(date +%s) - 3600))
  $ echo '{}' | signed-session sign --secret-file secret --created $began
  # Encrypt a session
  $ echo '{}' | signed-session sign --secret-file secret --encrypted
  # Write a cookie as Pyramid before 2.0 does
  $ echo '{}' | signed-session sign --secret-file secret --serializer pickle

Exit code: 0 if the cookie is printed, 1 if the input cannot be used, 2 if the command line is wrong.";

/// The help text that `verify` and `inspect` share.
macro_rules! report {
    ($examples:literal) => {
        concat!(
            "\
Prints a report as one line of JSON, an object with these fields:
  valid       whether the cookie is authentic, holds a session, and has not
              expired
  reason      why the cookie is not valid; absent if it is valid
  verified    whether one of the secrets has signed or encrypted the cookie
  key         the secret that has signed or encrypted it: \"current\",
              \"retired:1\" and so on; retired secrets are counted first in
              --secret-file, then in --retired-secret-file
  protection  \"signed\" or \"encrypted\", or \"id\" for the id of a session in a
              store
  algorithms  the hash or the AEAD; all candidates if the cookie is not verified
  key_id      the id of the key that encrypted the cookie
  serializer  the format of the session in the cookie
  created     time at which the session began, in Unix seconds
  accessed    time of the last access, in Unix seconds
  age         seconds since the session began
  expired     whether --timeout has passed since the last access, or --lifetime
              since the session began; with --max-lifetime, limits that the
              session has set for itself count instead; false if the cookie is
              not verified
  bytes       size of the cookie's value
  limit       maximum size of a value in bytes
  state       the entries of the session as JSON; a JSON session keeps its
              spelling; a note replaces a value that cannot be shown
A field that is unknown, not shown or too large for a number is null. If the algorithms are unknown, `algorithms` is \
an empty list. If several cookies have the name of the session, the report is about the one that the library would \
accept. If the library would accept none, the report is about the one whose rejection the library would report.

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
Checks a cookie, and shows its session only if the cookie is valid.

A cookie can also hold the id of a session in a store. The report says whether a secret has signed the id. For \
such a cookie, \"valid\" is always false, because this command does not read the store.";

pub(crate) const VERIFY_AFTER: &str = report!(
    "  # Verify a value, after `--` because it may begin with `-`
  $ signed-session verify --secret-file secret -- \"$cookie\"
  # Verify a line from a browser's developer tools
  $ echo \"Cookie: session=$cookie\" | signed-session verify --secret-file secret
  # Verify an encrypted cookie
  $ echo '{}' | signed-session sign --secret-file secret --encrypted > cookie
  $ signed-session verify --secret-file secret --encrypted < cookie
  # Verify a cookie after a rotation of the secret
  $ mv secret old
  $ (umask 077; signed-session keygen > new)
  $ echo \"$cookie\" > cookie
  $ signed-session verify --secret-file new --retired-secret-file old < cookie"
);

pub(crate) const INSPECT: &str = "\
Checks a cookie, and shows its session even if the cookie has expired or cannot be verified. If \"verified\" is false, \
anyone may have written the session.

This command detects the protection (signed or encrypted), the hash or the AEAD, and the serializer. --encrypted, \
--aead, --hash, --salt and --serializer narrow down the formats that it tries. Without --cookie-name, it looks for a \
cookie named `session` or `__Host-session`; with --encrypted, only for `__Host-session`.

Without a secret, this command verifies nothing, and shows the last cookie with the name. The tag of a signed cookie \
does not reveal its hash, so the report lists every hash whose tags have the same length. The contents of an encrypted \
cookie stay hidden.

A cookie can also hold the id of a session in a store. Without a secret, the id is recognised only by its length. With \
a secret, the report says whether the secret has signed the id. For such a cookie, \"valid\" is always false, because \
this command does not read the store.";

pub(crate) const INSPECT_AFTER: &str = report!(
    "  # Find out why a user was signed out
  $ signed-session inspect --secret-file secret -- \"$cookie\"
  # Check the cookie as of tomorrow
  $ at=$(($(date +%s) + 86400))
  $ signed-session inspect --secret-file secret --now $at -- \"$cookie\" || true
  # Show the contents of a signed cookie, which needs no secret
  $ signed-session inspect -- \"$cookie\" || true"
);

pub(crate) const RESIGN: &str = "\
Reads cookies from standard input, one per line: the value alone, or `name=value`. Authenticates each cookie with the \
configuration in --from, and rewrites it with the configuration in --to. Each output line has the form of its input \
line: the value alone, or `name=value`. The times at which the session began and was last accessed do not change, so \
an expired session stays expired.

Use this command to try a new configuration on real cookies, or to convert cookies that you have stored. A running \
service does not need this command: with the library's `also_reads`, the service reads the old format.";

pub(crate) const RESIGN_AFTER: &str = "\
A configuration file sets one option per line, as `key = value`. The keys are these options of `verify`:
  secret-file, secret-env, allow-weak-secret,
  retired-secret-file, allow-weak-retired-secrets,
  encrypted, aead, hash, salt, serializer, cookie-name
The keys `encrypted`, `allow-weak-secret` and `allow-weak-retired-secrets` need no value. Paths are relative to the \
folder of the file. Lines that begin with # are comments.

If a cookie is not authentic or cannot be written, its line number and the reason go to standard error. The reason can \
name an entry, but never shows a value.

Examples:
  # Move from signed cookies to encrypted ones
  $ (umask 077; signed-session keygen > old.secret)
  $ (umask 077; signed-session keygen > new.secret)
  $ printf 'secret-file = old.secret\\nhash = sha256\\n' > old.conf
  $ printf 'secret-file = new.secret\\nencrypted\\n' > new.conf
  $ sign='signed-session sign --secret-file old.secret --hash sha256'
  $ echo '{\"user\": \"zoe\"}' | $sign > cookies
  $ echo '{\"user\": \"max\"}' | $sign >> cookies
  $ signed-session resign --from old.conf --to new.conf < cookies > moved
  $ head -n 1 moved | signed-session verify --secret-file new.secret --encrypted

Exit code: 0 if all cookies are printed, 1 if some are not, for example because head has closed the pipe, 2 if the \
command line or a file is wrong.";

pub(crate) const DOCTOR: &str = "\
Reads a Set-Cookie line, or all headers of a response, and says what is weak about the session's cookie. It knows \
nothing about the service except what you give it.

It checks the name and its prefix, the attributes, the size, and the format of the value. It also checks the secrets \
and the timeouts that you give, and whether one of the secrets has signed or encrypted the value. It recognises the \
format as inspect does, including the id of a session in a store. It does not check whether the session has expired, \
or whether the store has it.";

pub(crate) const DOCTOR_AFTER: &str = "\
A line of the output that begins with `weak` or `note` says what was found, why it matters, and what to do. Each line \
begins with one of these words:
  weak  a weakness
  note  something that is fine if it is intended, such as contents that anyone
        can read, a value that is not verified, or a weak secret that an option
        allows
  fine  no weakness was found
Without --cookie-name, this command checks the only cookie, or the one called `session` or `__Host-session`. It \
ignores a line that removes such a cookie if another line sets one.

Examples:
  $ (umask 077; signed-session keygen > secret)
  $ value=$(echo '{}' | signed-session sign --secret-file secret --encrypted)
  $ cookie=\"__Host-session=$value; Path=/; Secure; HttpOnly; SameSite=Lax\"
  $ signed-session doctor --secret-file secret --timeout 1200 \"$cookie\"
  # Find weaknesses
  $ signed-session doctor 'session=x; Path=/; HttpOnly' || true

Exit code: 0 if no weakness was found, 1 if there is one or the line cannot be used, 2 if the command line is wrong.";

pub(crate) const SESSIONS: &str = "\
Lists and ends the sessions of a user, in the store that a service keeps them in. A session that has ended stays \
ended: a later request with its cookie gets a new session.

The command works for sessions in a store, and for revocable sessions in cookies. A service notices the end of a \
revocable session within the time that its option `max_stale` sets.";

pub(crate) const SESSIONS_AFTER: &str = "\
Each store is a Cargo feature of this program: sqlite, redis, postgres. Build it with those that you need:
  cargo install --path session-cli --features postgres,redis

Exit code: 0 if the command succeeds, 1 if the store cannot be reached or returns an error, 2 if the command line \
is wrong.";

pub(crate) const SESSIONS_LIST: &str = "\
Prints the sessions of a user, the most recently accessed one first.";

pub(crate) const SESSIONS_LIST_AFTER: &str = "\
Each session is one line of JSON, an object with these fields:
  handle    the name of the session in the store; the name gives no access to
            the session
  label     the service's description of the session, such as the user agent;
            null if there is none
  created   time at which the session began, in Unix seconds
  accessed  time of the last access that was recorded, in Unix seconds
If the user has no session, nothing is printed.

Examples:
  $ signed-session sessions list --store sqlite:sessions.db --owner Max
  # Read a URL with a password from the environment
  $ export STORE_URL=sqlite:sessions.db
  $ signed-session sessions list --store-env STORE_URL --owner Max

Exit code: 0 if the sessions are printed, 1 if the store cannot be reached or returns an error, 2 if the command line \
is wrong.";

pub(crate) const SESSIONS_END: &str = "\
Ends a session, all sessions of a user, or all but one of them. Prints the number of ended sessions as JSON, such as \
{\"ended\": 1}. It is 0 if there was no session to end.";

pub(crate) const SESSIONS_END_AFTER: &str = "\
Examples:
  # End the session that was accessed last
  $ export STORE_URL=sqlite:sessions.db
  $ list='signed-session sessions list --store-env STORE_URL'
  $ handle=$($list --owner Max | head -n 1 | grep -o '[0-9a-f]\\{64\\}')
  $ signed-session sessions end --store-env STORE_URL --handle \"$handle\"
  # Sign a user out everywhere
  $ signed-session sessions end --store-env STORE_URL --owner Max

Exit code: 0 if the sessions have ended, 1 if --except names no session of the user, or the store cannot be reached or \
returns an error, 2 if the command line is wrong.";
