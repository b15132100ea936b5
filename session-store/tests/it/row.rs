//! Rows and versions.

use session_store::{Row, SessionInfo, Version};

use crate::{at, handle, owned};

#[test]
fn row_expires_at_its_end() {
    let mut row = Row::new(Vec::new(), at(5.0));
    assert!(!row.is_expired(at(f64::MAX)));
    row.expires = Some(at(10.0));
    assert_eq!([9.5, 10.0, 10.5].map(|secs| row.is_expired(at(secs))), [false, true, true]);
}

#[test]
fn new_row_has_data_and_times_only() {
    let row = Row::new(vec![1], at(5.0));
    let expected =
        Row { data: vec![1], owner: None, label: None, created: at(5.0), accessed: at(5.0), expires: None };
    assert_eq!(row, expected);
}

#[test]
fn debug_hides_data_and_label() {
    let row = Row { label: Some("a phone".to_owned()), ..owned("ann") };
    let text = format!("{row:?}");
    assert!(text.contains("data_len: 11") && text.contains("ann"), "{text}");
    // The number 115 is the first byte of `secret data`, as a list of bytes would show it.
    assert!(!text.contains("secret") && !text.contains("115") && !text.contains("phone"), "{text}");
}

#[test]
fn info_has_handle_label_and_times() {
    let row = Row { label: Some("a phone".to_owned()), accessed: at(200.0), ..owned("ann") };
    let label = Some("a phone".to_owned());
    let info = row.info(handle(4));
    assert_eq!((info.handle, &info.label), (handle(4), &label));
    assert_eq!((info.created, info.accessed), (at(100.0), at(200.0)));
    assert_eq!(info, SessionInfo::new(handle(4), label, at(100.0), at(200.0)));
}

#[test]
fn versions_count_up_and_wrap() {
    assert_eq!(Version::FIRST.number(), 1);
    assert_eq!(Version::new(7).number(), 7);
    assert_eq!(Version::FIRST.next(), Version::new(2));
    assert_eq!(Version::new(u64::MAX).next(), Version::new(0));
}

#[test]
fn session_info_serializes_as_its_fields() {
    let info = Row { label: Some("Firefox".into()), ..owned("alice") }.info(handle(1));
    let expected = serde_json::json!({
        "handle": handle(1).to_string(), "label": "Firefox", "created": 100, "accessed": 100,
    });
    assert_eq!(serde_json::to_value(&info).unwrap(), expected);
}
