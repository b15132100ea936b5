//! An nginx process with a cache.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::client::Browser;
use crate::missing::skip;

/// The host of a site with only `proxy_cache`. nginx does not store responses that set a cookie.
pub(crate) const DEFAULT_SITE: &str = "default.test";

/// The host of a site with `proxy_ignore_headers Set-Cookie`. nginx also stores responses that set a cookie.
pub(crate) const CACHES_COOKIES_SITE: &str = "caches-cookies.test";

const CONFIGURATION: &str = r"
# A single process, so that killing it leaves no workers.
daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;

events {}

http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;

    proxy_cache_path cache keys_zone=pages:1m;
    proxy_cache pages;
    proxy_cache_key $host$request_uri;
    add_header X-Cache $upstream_cache_status always;

    server {
        listen 127.0.0.1:@PORT@;
        server_name default.test;
        location / { proxy_pass http://@UPSTREAM@; }
    }

    server {
        listen 127.0.0.1:@PORT@;
        server_name caches-cookies.test;
        proxy_ignore_headers Set-Cookie;
        location / { proxy_pass http://@UPSTREAM@; }
    }
}
";

pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx in front of a server. Returns `None` if nginx is not installed.
    ///
    /// # Panics
    /// Panics if nginx is not installed in CI, or if it does not start.
    pub(crate) fn start(upstream: SocketAddr) -> Option<Self> {
        let Some(program) = program() else {
            skip("a caching nginx in front of the application", "install nginx");
            return None;
        };
        // Another process may take the free port before nginx does.
        let nginx = (0..5).find_map(|_| Self::try_start(&program, upstream));
        Some(nginx.expect("nginx starts"))
    }

    fn try_start(program: &PathBuf, upstream: SocketAddr) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let configuration = CONFIGURATION
            .replace("@PORT@", &address.port().to_string())
            .replace("@UPSTREAM@", &upstream.to_string());
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let mut child = Command::new(program)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        // nginx writes this file when it listens.
        while !folder.path().join("nginx.pid").exists() {
            if child.try_wait().unwrap().is_some() {
                eprintln!("{}", fs::read_to_string(folder.path().join("error.log")).unwrap_or_default());
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
        Some(Self { child, address, _folder: folder })
    }

    /// Returns a browser without cookies whose requests go through nginx.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds nginx. Debian installs it in a folder that is not in every user's `PATH`.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join("nginx")).find(|path| path.is_file())
}
