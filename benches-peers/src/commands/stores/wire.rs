//! Counts the commands in the bytes that a client sends to a server.

/// The protocol of a server.
#[derive(Clone, Copy)]
pub(super) enum Protocol {
    /// RESP: a command is an array of strings.
    Redis,
    /// A message is a type, a length, and contents. The first message of a connection has no type.
    Postgres,
}

/// Counts the commands of one connection.
pub(super) struct Counter {
    protocol: Protocol,
    has_started: bool,
    /// The first bytes of a message whose last bytes have not arrived.
    rest: Vec<u8>,
}

impl Counter {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self { protocol, has_started: false, rest: Vec::new() }
    }

    /// Takes the next bytes of the connection. Returns the number of commands that end in them.
    pub(super) fn count(&mut self, bytes: &[u8]) -> u64 {
        self.rest.extend_from_slice(bytes);
        let (mut commands, mut at) = (0, 0);
        while let Some((length, is_command)) = self.first(&self.rest[at..]) {
            self.has_started = true;
            at += length;
            commands += u64::from(is_command);
        }
        self.rest.drain(..at);
        commands
    }

    /// Returns the length of the first message, and whether it is a command. Returns `None` if the message is
    /// incomplete.
    fn first(&self, bytes: &[u8]) -> Option<(usize, bool)> {
        match self.protocol {
            Protocol::Redis => Some((redis_command(bytes)?, true)),
            Protocol::Postgres => {
                let before_length = usize::from(self.has_started);
                let length = bytes.get(before_length..before_length + 4)?;
                let length = u32::from_be_bytes(length.try_into().ok()?) as usize + before_length;
                // `Query` and `Execute`. Other messages, such as `Parse`, `Bind` and `Sync`, run no statement.
                let is_command = self.has_started && matches!(bytes[0], b'Q' | b'E');
                (bytes.len() >= length).then_some((length, is_command))
            }
        }
    }
}

/// Returns the length of the first command in bytes, or `None` if the command is incomplete.
fn redis_command(bytes: &[u8]) -> Option<usize> {
    let (strings, mut at) = number(bytes, 0)?;
    for _ in 0..strings {
        let (length, after) = number(bytes, at)?;
        at = after + length + 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// Parses the line at `at`. Returns the number after its type byte, and the offset of the next line.
fn number(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let line = bytes.get(at..)?;
    let end = line.iter().position(|&byte| byte == b'\r').filter(|&end| end + 1 < line.len())?;
    let number = std::str::from_utf8(&line[1..end]).ok()?.parse().expect("a RESP length is a number");
    Some((number, at + end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the commands. Checks that the count is the same for chunks of different sizes.
    fn count(protocol: Protocol, bytes: &[u8]) -> u64 {
        let counts = [1, 2, 3, 7, bytes.len()].map(|length| {
            let mut counter = Counter::new(protocol);
            bytes.chunks(length).map(|chunk| counter.count(chunk)).sum()
        });
        assert_eq!(counts, [counts[0]; 5]);
        counts[0]
    }

    #[test]
    fn redis_commands_are_counted() {
        // `GET k`, `SET k "*1\r\n"`, `PING`, and the beginning of another `PING`.
        let bytes = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n*1\r\n\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPI";
        assert_eq!(count(Protocol::Redis, bytes), 3);
    }

    #[test]
    fn postgres_statements_are_counted() {
        let message = |kind: &str, contents: &str| {
            let length = (contents.len() as u32 + 4).to_be_bytes();
            [kind.as_bytes(), &length, contents.as_bytes()].concat()
        };
        let start = message("", "user\0postgres\0\0");
        // `Bind`, whose contents look like the types of statements, `Execute` and `Sync`.
        let statement = [message("B", "QE"), message("E", ""), message("S", "")].concat();
        let bytes = [start, message("P", "SELECT 1"), statement.clone(), statement, message("Q", "BEGIN")];
        assert_eq!(count(Protocol::Postgres, &bytes.concat()), 3);
    }
}
