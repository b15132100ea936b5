//! A server that is measured, in a separate process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::sh::Result;

/// A server on the loopback interface. Dropping this value kills the process.
pub(crate) struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts a program. The first line that it prints has to end with a colon and its port.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        eprintln!("\n$ {command:?}");
        let process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let process = process.map_err(|error| format!("cannot run {command:?}: {error}"))?;
        let mut server = Self { process, port: 0 };
        let mut line = String::new();
        if let Some(stdout) = &mut server.process.stdout {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| format!("{command:?}: {error}"))?;
        }
        let port = line.trim_end().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        server.port = port
            .ok_or_else(|| format!("{command:?} printed {line:?}, expected a line that ends with a port"))?;
        Ok(server)
    }

    /// Returns the URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}:{}{path}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Sends one request. Returns the cookies that the response sets, each as the value of a `Cookie` header.
    pub(crate) fn get(&self, path: &str, cookie: Option<&str>) -> Result<Vec<String>> {
        let response = self.send(path, cookie).map_err(|error| format!("GET {path}: {error}"))?;
        let response = String::from_utf8_lossy(&response);
        set_cookies(&response).ok_or_else(|| format!("GET {path}: status is not 200: {response}"))
    }

    fn send(&self, path: &str, cookie: Option<&str>) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let cookie = cookie.map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{cookie}\r\n");
        stream.write_all(head.as_bytes())?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        Ok(response)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ignore errors, because `drop` cannot return them.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the `name=value` of each cookie that a response sets, or `None` if the status is not 200.
fn set_cookies(response: &str) -> Option<Vec<String>> {
    let head = response.split("\r\n\r\n").next()?;
    let fields = head.strip_prefix("HTTP/1.1 200 ")?.lines().skip(1).filter_map(|line| line.split_once(':'));
    let values = fields.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value);
    Some(values.filter_map(|value| value.split(';').next()).map(|pair| pair.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_of_successful_response_are_read() {
        let response =
            "HTTP/1.1 200 OK\r\nset-cookie: a=b; Path=/\r\nX: y\r\nSet-Cookie: c=\r\n\r\nSet-Cookie: d=e\r\n";
        assert_eq!(set_cookies(response), Some(vec!["a=b".to_owned(), "c=".to_owned()]));
        assert_eq!(set_cookies("HTTP/1.1 200 OK\r\nX: y\r\n\r\n"), Some(vec![]));
        for other in ["HTTP/1.1 404 Not Found\r\nSet-Cookie: a=b\r\n\r\n", ""] {
            assert_eq!(set_cookies(other), None, "{other:?}");
        }
    }

    #[test]
    fn program_without_port_is_an_error() {
        let error = Server::start(Command::new("echo").arg("hello")).err().unwrap();
        assert_eq!(error, r#""echo" "hello" printed "hello\n", expected a line that ends with a port"#);
    }

    #[test]
    fn dropped_server_is_killed() {
        let script = "echo http://localhost:80; exec sleep 600";
        let server = Server::start(Command::new("sh").args(["-c", script])).unwrap();
        assert_eq!(server.url("/read"), "http://127.0.0.1:80/read");
        let process = server.process.id().to_string();
        let is_there = || {
            Command::new("sh")
                .args(["-c", &format!("kill -0 {process} 2>&1")])
                .output()
                .unwrap()
                .status
                .success()
        };
        assert!(is_there());
        drop(server);
        assert!(!is_there());
    }
}
