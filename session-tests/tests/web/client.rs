//! An HTTP/1.1 client that can send any bytes and returns all header lines of the response.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::jar::{HOST, Jar};

/// A client that keeps the cookies of one site. Clones share the cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    cookies: Arc<Mutex<Jar>>,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: Arc::default() }
    }

    /// Returns a browser for another server of the same site. Both browsers share their cookies.
    #[allow(dead_code)] // not every test program with this module uses it
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Returns a browser with a copy of this browser's cookies. The browsers do not share later changes.
    #[allow(dead_code)] // not every test program with this module uses it
    pub(crate) fn copy(&self) -> Self {
        Self { address: self.address, cookies: Arc::new(Mutex::new(self.jar())) }
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// Returns a request with any method and target.
    pub(crate) fn request(&self, method: &str, target: &str) -> Request {
        let mut request = Request {
            browser: self.clone(),
            head: format!("{method} {target} HTTP/1.1\r\n").into_bytes(),
            host: HOST,
            connection: "close",
            has_body: !matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE"),
            chunked: false,
            body: Vec::new(),
        };
        if let Some(cookies) = self.jar().header(target) {
            request = request.header("Cookie", cookies);
        }
        request
    }

    /// Returns the cookies of this browser.
    pub(crate) fn jar(&self) -> Jar {
        self.cookies.lock().unwrap().clone()
    }

    /// Returns the value of a cookie in this browser.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar().get(name)
    }

    /// Sets a cookie with the path `/`.
    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().take(&format!("{name}={value}"));
    }

    fn take_cookies(&self, response: &Response) {
        let mut jar = self.cookies.lock().unwrap();
        response.all("set-cookie").into_iter().for_each(|line| jar.take(line));
    }
}

#[must_use = "nothing is sent before send()"]
pub(crate) struct Request {
    browser: Browser,
    head: Vec<u8>,
    host: &'static str,
    connection: &'static str,
    has_body: bool,
    chunked: bool,
    body: Vec<u8>,
}

impl Request {
    /// Adds a header line. The value may contain any bytes.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.head.extend_from_slice(name.as_bytes());
        self.head.extend_from_slice(b": ");
        self.head.extend_from_slice(value.as_ref());
        self.head.extend_from_slice(b"\r\n");
        self
    }

    pub(crate) fn host(mut self, host: &'static str) -> Self {
        self.host = host;
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    pub(crate) fn form(self, form: &str) -> Self {
        self.body("application/x-www-form-urlencoded", form)
    }

    /// Sends the body in chunks of a few bytes, without `Content-Length`.
    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Sends the request. The browser keeps the cookies of the response.
    pub(crate) fn send(self) -> Response {
        self.try_send().expect("the server should send a response")
    }

    /// Sends the request. Returns `None` if the server closes or resets the connection without a response.
    pub(crate) fn try_send(self) -> Option<Response> {
        let (browser, is_head) = (self.browser.clone(), self.head.starts_with(b"HEAD "));
        let mut received = Vec::new();
        match self.open().read_to_end(&mut received) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset && received.is_empty() => return None,
            ended => ended.unwrap(),
        };
        if received.is_empty() {
            return None;
        }
        let response = Response::parse(&received, is_head);
        browser.take_cookies(&response);
        Some(response)
    }

    /// Sends this request and `other` on one connection, without waiting for a response in between.
    pub(crate) fn send_before(mut self, mut other: Self) -> (Response, Response) {
        self.connection = "keep-alive";
        other.head = [self.into_bytes(), other.head].concat();
        let mut received = Vec::new();
        other.open().read_to_end(&mut received).unwrap();
        let second = received.windows(9).rposition(|window| window == b"HTTP/1.1 ").unwrap();
        (Response::parse(&received[..second], false), Response::parse(&received[second..], false))
    }

    /// Sends the request as the handshake of a WebSocket. Returns the response and the stream of frames.
    pub(crate) fn upgrade(mut self) -> (Response, TcpStream) {
        self.connection = "Upgrade";
        let browser = self.browser.clone();
        let request = self
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        let mut stream = request.open();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.extend_from_slice(&byte);
        }
        let response = Response::parse(&head, false);
        browser.take_cookies(&response);
        (response, stream)
    }

    /// Connects and sends the request.
    fn open(self) -> TcpStream {
        let mut stream = TcpStream::connect(self.browser.address).unwrap();
        // Without a timeout, a hanging server would hang the test.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(&self.into_bytes()).unwrap();
        stream
    }

    fn into_bytes(mut self) -> Vec<u8> {
        let (host, connection, length) = (self.host, self.connection, self.body.len());
        self = self.header("Host", host).header("Connection", connection);
        if self.chunked {
            self = self.header("Transfer-Encoding", "chunked");
            self.body = chunks(&self.body);
        } else if self.has_body {
            self = self.header("Content-Length", length.to_string());
        }
        self.head.extend_from_slice(b"\r\n");
        self.head.append(&mut self.body);
        self.head
    }
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names are in lower case. Lines with the same name are in the order received.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    fn parse(bytes: &[u8], is_head: bool) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(':').unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let mut response = Self { status, headers: headers.collect(), body: String::new() };

        let rest = &bytes[end + 4..];
        let body = match response.all("transfer-encoding").as_slice() {
            ["chunked"] => unchunk(rest),
            _ => rest.to_vec(),
        };
        if let ([length], false) = (response.all("content-length").as_slice(), is_head || status == 304) {
            assert_eq!(length.parse(), Ok(body.len()), "the body is as long as the header says");
        }
        response.body = String::from_utf8(body).unwrap();
        response
    }

    /// Returns the values of all header lines with this name, in the order received.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(held, _)| held == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns all header lines except the date, sorted by name.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        let lines = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut lines: Vec<_> = lines.filter(|(name, _)| *name != "date").collect();
        lines.sort_by_key(|(name, _)| *name);
        lines
    }

    /// Returns the value and the attributes of the cookie with this name. Panics unless the response sets exactly this
    /// one cookie.
    pub(crate) fn only_cookie(&self, name: &str) -> (&str, &str) {
        let lines = self.all("set-cookie");
        let [line] = lines.as_slice() else { panic!("expected one cookie: {self:#?}") };
        let (pair, attributes) = line.split_at(line.find(';').unwrap());
        let (held, value) = pair.split_once('=').unwrap();
        assert_eq!(held, name);
        (value, attributes)
    }

    /// Returns whether the response has neither a `Set-Cookie` line nor the `Cache-Control` line that the layer adds
    /// together with a cookie.
    pub(crate) fn sets_no_cookie(&self) -> bool {
        self.all("set-cookie").is_empty() && self.all("cache-control").is_empty()
    }
}

fn chunks(body: &[u8]) -> Vec<u8> {
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let mut chunks: Vec<u8> = body.chunks(7).flat_map(chunk).collect();
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n").expect("the length of a chunk");
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[end + 2..][..length]);
        bytes = &bytes[end + 2 + length + 2..];
    }
}
