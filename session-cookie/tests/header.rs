//! Reading cookies from a `Cookie` header.

use session_cookie::{CookieHeader, Values};

fn read(header: impl Into<CookieHeader>, name: &str) -> Vec<String> {
    let header = header.into();
    header.values(name).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

#[test]
fn cookies_are_read_last_to_first() {
    assert_eq!(read("s=1; a=x; s=2; b=y; s=3", "s"), ["3", "2", "1"]);
    let many: Vec<String> = (0..10_000).map(|n| format!("s={n}")).collect();
    let expected: Vec<String> = (0..10_000).rev().map(|n| n.to_string()).collect();
    assert_eq!(read(many.join("; "), "s"), expected);
}

#[test]
fn header_is_created_from_reference_to_string() {
    let header = String::from("s=1");
    assert_eq!(read(&header, "s"), ["1"]);
    assert_eq!(read(Some(&header), "s"), ["1"]);
}

#[test]
fn lines_are_read_last_to_first() {
    let lines = ["s=1; s=2", "", "a=x", "s=3; s=4", ""];
    assert_eq!(read(lines.into_iter().collect::<CookieHeader>(), "s"), ["4", "3", "2", "1"]);
    // A cookie does not continue on the next line.
    assert_eq!(read(["s", "=1"].into_iter().collect::<CookieHeader>(), "s"), [""; 0]);
    assert_eq!(read(["s=\"a", "b\""].into_iter().collect::<CookieHeader>(), "s"), ["\"a"]);
}

#[test]
fn similar_name_is_not_ours() {
    let ours = "__Host-session";
    for forged in [
        "\u{2000}__Host-session=evil",
        "\u{a0}__Host-session=evil",
        "\u{feff}__Host-session=evil",
        "\u{b}__Host-session=evil",
        "\u{c}__Host-session=evil",
        "\0__Host-session=evil",
        "\r\n__Host-session=evil",
        "lang=en,__Host-session=evil",
        "lang=\"a\",__Host-session=evil",
        "lang=\"__Host-session=evil\"",
        "lang=en __Host-session=evil",
        "__host-session=evil",
        "__HOST-SESSION=evil",
        "__Host%2Dsession=evil",
        "%5f%5fHost-session=evil",
        "__Host-session%3Devil",
        "__Host-session",
        "__Host-session x=evil",
        "__Host-sessio=n=evil",
        "__Host-session2=evil",
        "x__Host-session=evil",
        "$Version=1,__Host-session=evil",
        "\"__Host-session\"=evil",
        "=__Host-session=evil",
        "=evil",
        "evil",
    ] {
        assert_eq!(read(forged, ours), [""; 0], "{forged:?}");
        assert_eq!(read(format!("{forged}; {ours}=good; {forged}"), ours), ["good"], "{forged:?}");
    }
}

#[test]
fn only_space_and_tab_are_skipped_around_name() {
    for byte in (0..=255_u8).filter(|byte| !b" \t;".contains(byte)) {
        for line in [[&[byte], b"s=evil".as_slice()].concat(), [b"s", [byte].as_slice(), b"=evil"].concat()] {
            let found: Vec<Vec<u8>> = CookieHeader::from(line).values("s").map(<[u8]>::to_vec).collect();
            // `s==evil` is our cookie with the value `=evil`.
            assert!(found.is_empty() || byte == b'=' && found == [b"=evil"], "{byte:#04x}");
        }
    }
}

#[test]
fn name_after_comma_is_not_ours() {
    assert_eq!(read("lang=en,session=evil", "session"), [""; 0]);
    assert_eq!(read("lang=en,session=evil", "lang"), ["en,session=evil"]);
}

#[test]
fn nameless_cookie_is_never_found() {
    assert_eq!(read("=x; s; ; =", ""), [""; 0]);
    assert_eq!(read("=x; s; ; =; s=1", "s"), ["1"]);
    assert_eq!(read("=s=x", "s"), [""; 0]);
}

#[test]
fn impossible_name_is_never_found() {
    for name in ["a=b", " a", "a ", "\ta", "a;b", "=", ";"] {
        assert_eq!(read("a=b=c; a =x; \ta=y; a;b=z; ==1", name), [""; 0], "{name:?}");
    }
}

#[test]
fn one_pair_of_quotes_is_removed() {
    for (value, expected) in [
        ("\"v\"", "v"),
        ("\"\"", ""),
        ("\"\"v\"\"", "\"v\""),
        (" \t\"v\"\t ", "v"),
        ("\" v \"", " v "),
        ("\"", "\""),
        ("\"v", "\"v"),
        ("v\"", "v\""),
        ("a\"b\"", "a\"b\""),
        ("\"a\\\"b\\054\"", "a\\\"b\\054"),
        ("'v'", "'v'"),
    ] {
        assert_eq!(read(format!("a=1; s={value}; b=2"), "s"), [expected], "{value:?}");
    }
    // A semicolon ends a cookie, even in quotes.
    assert_eq!(read("s=\"a;b\"", "s"), ["\"a"]);
}

#[test]
fn only_spaces_and_tabs_are_trimmed() {
    for line in [
        "s=v",
        " s=v",
        "\ts=v ",
        "s =v",
        "s= v",
        " \t s \t = \t v \t ",
        ";;s=v;;",
        "a=1;s=v;b=2",
        "a=1 ;  s  =  v  ;",
    ] {
        assert_eq!(read(line, "s"), ["v"], "{line:?}");
    }
    assert_eq!(read("s=a b", "s"), ["a b"]);
    assert_eq!(read("s=\u{a0}v\n", "s"), ["\u{a0}v\n"]);
}

#[test]
fn value_may_be_empty_or_contain_equals_sign() {
    assert_eq!(read("s=; s=a=b==; s==", "s"), ["=", "a=b==", ""]);
}

#[test]
fn non_utf8_cookie_does_not_hide_others() {
    let line: &[u8] = b"\xff\xfe=\x80; bad\xc3=1; s=good; caf\xe9=\xe9; \xf0\x9f";
    assert_eq!(read(line, "s"), ["good"]);
    let header = CookieHeader::from(&b"s=\xff\xfe"[..]);
    assert!(header.values("s").eq([b"\xff\xfe"]));
}

#[test]
fn empty_header_has_no_cookies() {
    for header in [
        CookieHeader::default(),
        CookieHeader::from(""),
        CookieHeader::from(None::<&str>),
        CookieHeader::from(None::<Vec<u8>>),
        std::iter::empty::<&str>().collect(),
        ["", ""].into_iter().collect(),
    ] {
        assert!(header.is_empty());
        assert_eq!(header.values("s").next(), None);
        assert_eq!(header.values("").next(), None);
    }
    assert!(!CookieHeader::from("; ;").is_empty());
}

#[test]
fn header_is_created_from_all_text_types() {
    let text = "s=v";
    for header in [
        CookieHeader::from(text),
        text.to_owned().into(),
        text.as_bytes().into(),
        text.as_bytes().to_vec().into(),
        Some(text).into(),
        Some(text.to_owned()).into(),
        Some(text.as_bytes()).into(),
        [text].into_iter().collect(),
        vec![text.as_bytes().to_vec()].into_iter().collect(),
    ] {
        assert_eq!(read(header, "s"), ["v"]);
    }
}

#[test]
fn iterator_is_fused() {
    let header = CookieHeader::from("s=v");
    let mut values = header.values("s");
    assert_eq!(values.next(), Some(&b"v"[..]));
    assert_eq!(values.next(), None);
    assert_eq!(values.next(), None);
}

#[test]
fn debug_shows_no_contents() {
    let header = CookieHeader::from("session=topsecret");
    assert_eq!(format!("{header:?}"), "CookieHeader { len: 17, .. }");
    assert_eq!(format!("{:?}", header.values("session")), "Values { .. }");
}

#[test]
fn header_is_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<CookieHeader>();
    check::<Values<'_>>();
}

/// Reads headers of 1 MiB. The test would take too long to finish if reading needed more than linear time.
#[test]
fn megabyte_is_read_in_linear_time() {
    for unit in [";", "=", " ", "s", "s=", "s=;", "s;", " ;", "\"", "s =", "s=\"", "; s=v"] {
        let count = (1 << 20) / unit.len();
        let expected = match unit {
            "s=;" | "; s=v" => count,
            "s=" | "s =" | "s=\"" => 1,
            _ => 0,
        };
        assert_eq!(CookieHeader::from(unit.repeat(count)).values("s").count(), expected, "{unit:?}");
    }
}
