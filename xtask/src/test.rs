//! `cargo xtask test`: the tests of all crates, interop with Pyramid, the examples, and the browser tests.

use std::{env, thread};

use crate::debian::{self, Install, Program};
use crate::e2e::{self, Browser};
use crate::missing::or_skip;
use crate::python::{Pyramid, Python};
use crate::sh::{Result, Sh};
use crate::stages::Stages;
use crate::vectors::MINT;
use crate::workspace::Workspace;

const PEER: &str = "session-tests/pyramid/peer.py";
const KINDS_PEER: &str = "session-tests/pyramid/kinds_peer.py";

/// The server that the tests of stores in Redis start. [`set_up_postgres`] checks for PostgreSQL.
const SERVERS: [Program; 1] = [("redis-server", "redis-server")];

const PGBOUNCER: [Program; 1] = [("pgbouncer", "pgbouncer")];

/// The manifest of the tests of stores over TLS. They are a separate workspace, because Cargo would otherwise enable
/// the TLS features for all other tests as well.
pub(crate) const TLS_MANIFEST: &str = "tls-tests/Cargo.toml";

const OPENSSL: [Program; 1] = [("openssl", "openssl")];

/// The environment variable with the number of tests that a test program runs at the same time.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// The arguments of each `cargo test` in the main workspace. With other features, Cargo would build the crates again.
const ALL: [&str; 3] = ["test", "--workspace", "--all-features"];

pub(crate) fn run(workspace: &Workspace, install: Install, stages: &mut Stages) -> Result {
    let needs = stages.run("build, set up Pyramid and the browser", || {
        thread::scope(|scope| {
            let needs = scope.spawn(|| Needs::set_up(workspace, install));
            Sh::cargo().args(ALL).args(["--no-run"]).run()?;
            // For an example with tests, `cargo test` builds only the tests. The browser tests need the example
            // programs.
            Sh::cargo().args(["build", "--workspace", "--all-features", "--examples"]).run()?;
            needs.join().unwrap_or_else(|_| Err("the setup panicked".to_owned()))
        })
    })?;

    let vectors = "golden vectors, Pyramid's scripts";
    match &needs.python {
        Some(python) => stages.run(vectors, || needs.check_scripts(python))?,
        None => stages.skip(vectors),
    }

    // Many tests of the stores wait for a server, so other tests can use the processors.
    stages.run_both(|stages| needs.test_crates(stages), |stages| needs.test_programs(workspace, stages))
}

/// What the tests need besides Cargo. If a field is `None`, the tests that need it are skipped.
struct Needs {
    python: Option<Python>,
    python_1_10: Option<Python>,
    browser: Option<Browser>,
    servers: Option<()>,
    postgres: Option<()>,
    pgbouncer: Option<()>,
    openssl: Option<()>,
}

impl Needs {
    fn set_up(workspace: &Workspace, install: Install) -> Result<Self> {
        let python = |pyramid| Python::set_up(workspace, pyramid, install);
        Ok(Self {
            python: or_skip("the interop tests with Pyramid", python(Pyramid::Current))?,
            python_1_10: or_skip("the interop tests with Pyramid 1.10", python(Pyramid::V1_10))?,
            browser: or_skip("the browser tests of the examples", Browser::set_up(install))?,
            servers: or_skip("the tests of stores in Redis", debian::provide(&SERVERS, install))?,
            postgres: or_skip("the tests of stores in PostgreSQL", set_up_postgres(install))?,
            pgbouncer: or_skip("the tests of stores behind PgBouncer", debian::provide(&PGBOUNCER, install))?,
            openssl: or_skip("the tests of stores over TLS", debian::provide(&OPENSSL, install))?,
        })
    }

    /// Runs the self-tests of the Python scripts, and compares the golden vectors with newly minted ones.
    fn check_scripts(&self, python: &Python) -> Result {
        python.sh().args([PEER, "--selftest"]).run()?;
        python.sh().args([MINT, "--check"]).run()?;
        let both = [Some(python), self.python_1_10.as_ref()];
        both.into_iter().flatten().try_for_each(|python| python.sh().args([KINDS_PEER, "--selftest"]).run())
    }

    fn test_crates(&self, stages: &mut Stages) -> Result {
        stages.run("tests, interop with Pyramid", || self.tests().run())?;
        if self.servers.is_none() {
            stages.note("but the tests of stores in Redis were SKIPPED");
        }
        match (&self.python, &self.python_1_10) {
            (Some(_), Some(_)) => {}
            (Some(_), None) => stages.note("but the interop tests with Pyramid 1.10 were SKIPPED"),
            (None, _) => stages.note("but the interop tests with Pyramid were SKIPPED"),
        }
        if self.postgres.is_none() {
            stages.note("but the tests of stores in PostgreSQL were SKIPPED");
        }
        if self.pgbouncer.is_none() {
            stages.note("but the tests of stores behind PgBouncer were SKIPPED");
        }
        Ok(())
    }

    /// Tests the stores over TLS, the examples, and the example servers in a browser.
    fn test_programs(&self, workspace: &Workspace, stages: &mut Stages) -> Result {
        let tls = "stores over TLS";
        match self.openssl {
            Some(()) => stages.run(tls, || {
                let test = ["test", "--manifest-path", TLS_MANIFEST, "--target-dir"];
                Sh::cargo().args(test).args([&workspace.target]).run()
            })?,
            None => stages.skip(tls),
        }

        let packages = workspace.packages.iter().filter(|package| package.name != e2e::EXAMPLES);
        let examples: Vec<_> = packages.flat_map(|package| &package.examples).collect();
        stages.run("examples", || {
            examples.iter().try_for_each(|example| Sh::new(workspace.example(example)).run())
        })?;
        stages.note(format!("{} programs", examples.len()));

        let browser = "examples in a browser";
        match &self.browser {
            Some(tests) => stages.run(browser, || tests.test(workspace, self.python.as_ref()))?,
            None => stages.skip(browser),
        }
        if self.browser.is_some() && self.python.is_none() {
            stages.note("but the tests of the example pyramid-and-axum were SKIPPED");
        }
        Ok(())
    }

    /// Returns the command that runs the tests of all crates. Its environment variables set the Python interpreters of
    /// the interop tests, and the number of tests that run at the same time.
    fn tests(&self) -> Sh {
        let pythons = [(Pyramid::Current, &self.python), (Pyramid::V1_10, &self.python_1_10)];
        let set = pythons.into_iter().filter_map(|(pyramid, python)| Some((pyramid, python.as_ref()?)));
        let tests = set.fold(Sh::cargo().args(ALL), |tests, (pyramid, python)| {
            tests.env(pyramid.variable(), python.interpreter())
        });
        // Most tests of the stores wait for a server, so more of them can run than there are processors.
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let threads = env::var(TEST_THREADS).unwrap_or_else(|_| (2 * processors).to_string());
        tests.env(TEST_THREADS, threads)
    }
}

/// Checks that PostgreSQL is installed, and installs it if it is missing and `install` allows it. The tests start the
/// server themselves.
fn set_up_postgres(install: Install) -> Result {
    // On Debian, `initdb` is not in `PATH`, but `pg_ctlcluster` is.
    match ["initdb", "pg_ctlcluster"].into_iter().find_map(debian::find) {
        Some(_) => Ok(()),
        None => debian::require(&["postgresql"], install),
    }
}
