//! The secret id of a session.

use session_store::SessionId;

fn counting() -> Vec<u8> {
    (0..32).collect()
}

#[test]
fn handle_is_the_sha_256_of_the_id() {
    let id = SessionId::from_bytes(&counting()).unwrap();
    let expected = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd";
    assert_eq!(id.handle().to_string(), expected);
    assert_eq!(id.clone().handle(), id.handle());
}

#[test]
fn bytes_round_trip() {
    let id = SessionId::from_bytes(&counting()).unwrap();
    assert_eq!(id.expose()[..], counting());
    assert_eq!(SessionId::LEN, 32);
}

#[test]
fn id_of_other_length_is_refused() {
    for len in [0, 1, 31, 33, 64] {
        assert!(SessionId::from_bytes(&vec![1; len]).is_none(), "{len} bytes");
    }
}

#[test]
fn generated_ids_differ() {
    let ids = [(); 100].map(|()| *SessionId::generate().unwrap().expose());
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[..at].contains(id));
    }
    // Each byte is random: the chance that 100 ids agree in a given byte is 256^-99.
    for place in 0..32 {
        assert!(ids.iter().any(|id| id[place] != ids[0][place]), "byte {place} is constant");
    }
}

#[test]
fn debug_hides_the_id() {
    let id = SessionId::from_bytes(&counting()).unwrap();
    assert_eq!(format!("{id:?}"), "SessionId { .. }");
}
