//! A copy of the store does not give access to any session.

use std::collections::HashSet;
use std::fmt::Write;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::Hmac;
use session_sign::{Algorithm, Key, MacAlgorithm, Salt, Secret, Sign, Signer};
use session_store_redis::redis;
use session_tests::servers::{PostgresServer, RedisServer};
use sha2::Sha256;
use sqlx::{Column, Connection, PgConnection, Row, ValueRef};

use crate::client::Client;
use crate::process::Process;
use crate::settings::{SECRET, Settings, StoreAt};

/// Length in bytes of a session id, of its handle (the SHA-256 hash of the id), and of a tag.
const LEN: usize = 32;

const COOKIE_NAME: &str = "__Host-session";

/// Returns the signer with which an application with this secret authenticates the ids in its cookies.
fn signer(secret: &str) -> Signer<Hmac<Sha256>> {
    let salt = Salt::from(format!("session-id.v1:{COOKIE_NAME}:"));
    let key = Key::derive(&salt, &Secret::from(secret)).unwrap();
    MacAlgorithm::default().signer(key.as_ref()).unwrap()
}

/// Returns the value of a cookie with this id and the tag that `signer` makes.
fn cookie_with_id(signer: &Signer<Hmac<Sha256>>, id: &[u8]) -> String {
    let mut tag = [0; LEN];
    signer.sign(id, &mut tag);
    encode(&[&tag, id].concat())
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the tag and the id of a cookie.
fn tag_and_id(cookie: &str) -> (Vec<u8>, Vec<u8>) {
    let value = cookie.strip_prefix(&format!("{COOKIE_NAME}=")).unwrap();
    let mut tag = BASE64_URL_SAFE_NO_PAD.decode(value).unwrap();
    let id = tag.split_off(LEN);
    assert_eq!(id.len(), LEN);
    (tag, id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Decodes each run of at least 8 hexadecimal digits in a value.
fn unhex(value: &[u8]) -> Vec<Vec<u8>> {
    let digits = value.split(|byte| !byte.is_ascii_hexdigit()).filter(|digits| digits.len() >= 8);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(|digits| digits.chunks_exact(2).map(byte).collect()).collect()
}

/// Returns cookie values that someone with a copy of the store could make. To make some of them, this person also needs
/// the secret or `tags`, the tags of valid cookies.
fn forgeries(dump: &[Vec<u8>], tags: &[Vec<u8>]) -> HashSet<String> {
    let signers = [signer("a secret that somebody guesses, which is not the application's"), signer(SECRET)];
    let mut forgeries = HashSet::new();
    let decoded: Vec<_> = dump.iter().flat_map(|value| unhex(value)).collect();
    for value in dump.iter().chain(&decoded) {
        let is_text = value.iter().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(byte));
        forgeries.extend(std::str::from_utf8(value).ok().filter(|_| is_text).map(str::to_owned));
        forgeries.extend([encode(value), hex(value)]);
        for window in value.windows(LEN) {
            forgeries.extend([encode(window), hex(window)]);
            forgeries.extend(tags.iter().map(|tag| encode(&[tag, window].concat())));
            // The copy contains no ids, so even someone who knows the secret cannot make a valid cookie.
            forgeries.extend(signers.iter().map(|signer| cookie_with_id(signer, window)));
        }
        forgeries.extend(value.windows(2 * LEN).map(encode));
    }
    forgeries
}

/// Returns whether the application accepts a cookie.
fn is_accepted(client: &mut Client, value: &str) -> bool {
    let page = client.page(&format!("{COOKIE_NAME}={value}"));
    let accepted = page.rejection.is_none();
    assert_eq!((page.user.is_some(), page.entries.is_empty()), (accepted, !accepted), "{value}");
    accepted
}

fn assert_dump_opens_no_session(store: StoreAt, dump: impl FnOnce() -> Vec<Vec<u8>>) {
    let process = Process::start(&Settings::stored(store));
    let mut client = process.client();
    let cookies = ["ann", "bob", "ann"].map(|user| {
        let cookie = client.sign_in(user);
        assert_eq!(client.post("/message/entry-one", &cookie).unwrap().status, 200);
        cookie
    });
    let (tags, ids): (Vec<_>, Vec<_>) = cookies.iter().map(|cookie| tag_and_id(cookie)).unzip();
    // Check that the test makes cookies in the right format: the application accepts them if they contain a real id. If
    // the format were wrong, the rejections below would prove nothing.
    for (tag, id) in tags.iter().zip(&ids) {
        assert!(is_accepted(&mut client, &encode(&[&tag[..], id].concat())));
        assert!(is_accepted(&mut client, &cookie_with_id(&signer(SECRET), id)));
    }

    let dump = dump();
    let text = dump.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect::<String>();
    assert!(text.contains("ann") && text.contains("entry-one"), "the copy should contain the sessions");
    for id in &ids {
        let handle = <Sha256 as sha2::Digest>::digest(id);
        let is_there = |wanted: &[u8]| {
            let has = |value: &Vec<u8>| value.windows(wanted.len()).any(|window| window == wanted);
            dump.iter().any(has) || text.contains(&hex(wanted)) || text.contains(&encode(wanted))
        };
        assert!(is_there(&handle) && !is_there(id));
    }
    let forgeries = forgeries(&dump, &tags);
    assert!(forgeries.len() > 1_000, "{}", forgeries.len());
    for value in forgeries {
        assert!(!is_accepted(&mut client, &value), "{value}");
    }
}

#[test]
fn dump_of_redis_opens_no_session() {
    let Some(server) = RedisServer::start() else { return };
    assert_dump_opens_no_session(StoreAt::Redis(server.url()), || {
        let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
        assert!(keys.len() >= 3);
        let mut dump = keys.clone();
        for key in keys {
            let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection).unwrap();
            let (read, arguments): (&str, &[&str]) = match &*kind {
                "string" => ("GET", &[]),
                "hash" => ("HGETALL", &[]),
                "set" => ("SMEMBERS", &[]),
                "zset" => ("ZRANGE", &["0", "-1", "WITHSCORES"]),
                kind => panic!("a key of the type {kind}"),
            };
            let mut read = redis::cmd(read);
            let reply: redis::Value = read.arg(&key).arg(arguments).query(&mut connection).unwrap();
            dump.extend(redis::from_redis_value::<Vec<Vec<u8>>>(reply.clone()).into_iter().flatten());
            if let redis::Value::BulkString(value) = reply {
                dump.push(value);
            }
        }
        dump
    });
}

#[test]
fn dump_of_postgres_opens_no_session() {
    let Some(server) = PostgresServer::start() else { return };
    assert_dump_opens_no_session(StoreAt::Postgres(server.url()), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&server.url()).await.unwrap();
            let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
            let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.unwrap();
            let mut dump = Vec::new();
            for table in tables {
                // Read each column as bytes, and the whole row as text.
                let rows = format!("SELECT t.*, t::text AS whole_row FROM \"{table}\" t");
                let rows = sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
                for row in rows {
                    let values =
                        row.columns().iter().map(|column| row.try_get_raw(column.ordinal()).unwrap());
                    let values = values.filter(|value| !value.is_null());
                    dump.extend(values.map(|value| value.as_bytes().unwrap().to_vec()));
                }
            }
            dump
        })
    });
}
