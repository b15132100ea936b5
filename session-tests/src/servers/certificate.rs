//! Certificates for servers.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::folder::Folder;
use super::user::unprivileged;
use crate::skip::skip;

/// A new self-signed certificate for 127.0.0.1 and `localhost`, with its key, in a temporary folder.
///
/// The user that runs [`PostgresServer`](super::PostgresServer) owns the key file, because PostgreSQL refuses a key
/// file whose owner is neither this user nor root.
#[derive(Debug)]
pub struct Certificate {
    folder: Folder,
    /// A shell script that deletes the folder when this program ends, because a certificate in a static is not dropped
    /// then. The end of this program closes the script's input.
    _watcher: Child,
}

impl Certificate {
    /// Creates a certificate with the program `openssl`. Returns `None`, with a warning on standard error, if the
    /// program is not installed.
    ///
    /// # Panics
    /// Panics if the program fails, or if it is not installed and the environment has `CI=true`.
    pub fn create() -> Option<Self> {
        let mut openssl = Command::new("openssl");
        if openssl.arg("version").stdout(Stdio::null()).status().is_err() {
            skip("the tests with TLS", "install the Debian package openssl, or put openssl into PATH");
            return None;
        }
        let folder = Folder::create("certificate", unprivileged());
        let mut watch = Command::new("sh");
        watch.args(["-c", "read _; rm -rf -- \"$1\"", "sh"]).arg(folder.path());
        // A signal to this program's process group, such as SIGINT after Ctrl-C, must not end the watcher.
        watch.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watcher = watch.spawn().unwrap_or_else(|error| panic!("cannot run {watch:?}: {error}"));
        let certificate = Self { folder, _watcher: watcher };
        let mut openssl = certificate.folder.command("openssl");
        openssl.args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=session-tests"]);
        openssl.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        // rustls refuses a server's certificate if its key may also sign other certificates.
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
        openssl.arg("-keyout").arg(certificate.key()).arg("-out").arg(certificate.file());
        let output = openssl.stdin(Stdio::null()).output();
        let output = output.unwrap_or_else(|error| panic!("cannot run {openssl:?}: {error}"));
        assert!(output.status.success(), "{openssl:?}: {}", String::from_utf8_lossy(&output.stderr));
        Some(certificate)
    }

    /// Returns the PEM file of the certificate. A client that trusts this certificate trusts every server that uses it.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Returns the PEM file of the key.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}
