//! An HTTP/1.1 client that reuses its connection.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::PATIENCE;
use crate::app::Page;

/// Time limit for one read. Only a server that hangs reaches it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A client of one server. It keeps no cookies.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names are in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    pub(crate) fn get(&mut self, path: &str, cookie: &str) -> io::Result<Response> {
        self.send("GET", path, cookie, "", "")
    }

    pub(crate) fn post(&mut self, path: &str, cookie: &str) -> io::Result<Response> {
        self.send("POST", path, cookie, "", "")
    }

    /// Signs a user in, and returns the cookie.
    pub(crate) fn sign_in(&mut self, user: &str) -> String {
        let response = self.until_served(|client| client.send("POST", "/sign-in", "", "", user));
        response.cookie().unwrap_or_else(|| panic!("no sign-in: {response:?}"))
    }

    /// Repeats a request until the response is not a 503. The settings of some tests allow little time for a call to
    /// the store, and a busy machine can take longer.
    pub(crate) fn until_served(&mut self, send: impl Fn(&mut Self) -> io::Result<Response>) -> Response {
        let start = Instant::now();
        loop {
            let response = send(self).expect("the application should send a response");
            if response.status != 503 {
                return response;
            }
            assert!(start.elapsed() < PATIENCE, "not served within {PATIENCE:?}: {response:?}");
        }
    }

    /// Signs a user in. Returns the cookie, or the response if it is not a 200 with a cookie.
    pub(crate) fn try_sign_in(&mut self, user: &str) -> io::Result<Result<String, Response>> {
        let response = self.send("POST", "/sign-in", "", "", user)?;
        Ok(match (response.status, response.cookie()) {
            (200, Some(cookie)) => Ok(cookie),
            _ => Err(response),
        })
    }

    /// Returns the content of a session.
    pub(crate) fn page(&mut self, cookie: &str) -> Page {
        let response = self.until_served(|client| client.get("/", cookie));
        response.page().unwrap_or_else(|| panic!("no page: {response:?}"))
    }

    /// Sends a request. `headers` are further header lines. If this method returns an error, the server may still have
    /// handled the request.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        cookie: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<Response> {
        let mut stream = match self.connection.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                BufReader::new(stream)
            }
        };
        let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: shop.test\r\n{cookie}{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let response = Response::read(&mut stream)?;
        if response.header("connection") != Some("close") {
            self.connection = Some(stream);
        }
        Ok(response)
    }
}

impl Response {
    fn read(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut next = || -> io::Result<String> {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            line.strip_suffix("\r\n").map(str::to_owned).ok_or(io::ErrorKind::UnexpectedEof.into())
        };
        let line = next()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let mut headers = Vec::new();
        loop {
            let line = next()?;
            match line.split_once(':') {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut response = Self { status, headers, body: String::new() };
        let length = response.header("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        stream.read_exact(&mut body)?;
        response.body = String::from_utf8(body).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(response)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// Returns the cookie that the response sets, in the form in which a browser sends it back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let line = self.header("set-cookie")?;
        Some(line.split_once(';').map_or(line, |(cookie, _)| cookie).to_owned())
    }

    /// Returns the content of the session that the response shows.
    pub(crate) fn page(&self) -> Option<Page> {
        serde_json::from_str(&self.body).ok().filter(|_| self.status == 200)
    }
}
