//! `TypedSession`: the session as a type of the application.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use session_core::{EntryError, State, json};
use session_web::{SessionError, TypedSession};

use crate::memory::{session, session_with};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Visit {
    hits: u32,
    theme: String,
}

impl Default for Visit {
    fn default() -> Self {
        Self { hits: 0, theme: "light".to_owned() }
    }
}

/// Regression: if the type had no `#[serde(default)]`, a new session caused a 500.
#[test]
fn missing_field_has_its_default() {
    let session = session();
    let visit = TypedSession::<Visit>::from(session.clone());
    assert_eq!(visit.get().unwrap(), Visit::default());
    session.insert("hits", 3).unwrap();
    session.insert("other", 1).unwrap();
    assert_eq!(visit.get().unwrap(), Visit { hits: 3, ..Visit::default() });
    visit.update(|visit| visit.hits += 1).unwrap();
    assert_eq!(session.get::<u32>("hits").unwrap(), Some(4));
    assert_eq!(session.keys(), ["hits", "other", "theme"]);
}

fn read<T: Serialize + DeserializeOwned + Default>(json: &str) -> Result<T, SessionError> {
    let state = State::from_json(json.to_owned()).unwrap();
    TypedSession::<T>::from(session_with(state)).get()
}

/// Regression: the default of a field counted as missing if the session had the field under an alias. serde then
/// reported a duplicate field.
#[test]
fn field_under_alias_keeps_its_value_beside_missing_field() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Renamed {
        #[serde(alias = "old_hits", alias = "older_hits")]
        hits: u32,
        #[serde(rename = "lang", alias = "old_lang")]
        language: Option<Language>,
        theme: String,
        zone: Option<u32>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Language {
        #[serde(alias = "old_code")]
        code: String,
    }
    impl Default for Renamed {
        fn default() -> Self {
            let language = Some(Language { code: "en".to_owned() });
            Self { hits: 5, language, theme: "light".to_owned(), zone: Some(1) }
        }
    }

    let default = Renamed::default;
    assert_eq!(read::<Renamed>("{}").unwrap(), default());
    for key in ["hits", "old_hits", "older_hits"] {
        let expected = Renamed { hits: 3, ..default() };
        assert_eq!(read::<Renamed>(&format!(r#"{{"{key}": 3}}"#)).unwrap(), expected, "{key}");
    }
    let both = r#"{"old_hits": 3, "old_lang": {"old_code": "de"}}"#;
    let german = Some(Language { code: "de".to_owned() });
    assert_eq!(read::<Renamed>(both).unwrap(), Renamed { hits: 3, language: german, ..default() });
    for unreadable in [
        r#"{"old_hits": "many"}"#,
        r#"{"old_hits": 3, "older_hits": 3}"#,
        r#"{"old_hits": 3, "hits": 3}"#,
        r#"{"old_lang": {"code": "de", "old_code": "de"}}"#,
        r#"{"old_hits": 3, "unknown": 3}"#,
    ] {
        let error = read::<Renamed>(unreadable).unwrap_err();
        assert!(error.entry().is_some_and(EntryError::is_read), "{unreadable}: {error}");
        assert!(!error.to_string().contains("there is no"), "{unreadable}: {error}");
    }
}

#[test]
fn unknown_entry_beside_alias_changes_no_default() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Settings {
        #[serde(alias = "old_hits")]
        hits: u32,
        theme: String,
        zone: Option<u32>,
    }
    impl Default for Settings {
        fn default() -> Self {
            Self { hits: 5, theme: "light".to_owned(), zone: Some(1) }
        }
    }

    let settings = read::<Settings>(r#"{"old_hits": 3, "user": "zoe"}"#).unwrap();
    assert_eq!(settings, Settings { hits: 3, ..Settings::default() });
}

#[test]
fn field_under_alias_is_read_with_flattened_fields() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Outer {
        theme: String,
        #[serde(flatten)]
        counts: Counts,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Counts {
        // While old and new servers share sessions, writes the old name.
        #[serde(alias = "new_hits", rename(serialize = "old_hits"), alias = "old_hits")]
        hits: u32,
        #[serde(alias = "old_views")]
        views: u32,
    }

    let outer = read::<Outer>(r#"{"new_hits": 3, "old_views": 4, "other": 5}"#).unwrap();
    let rest = BTreeMap::from([("other".to_owned(), 5)]);
    assert_eq!(outer, Outer { counts: Counts { hits: 3, views: 4 }, rest, ..Outer::default() });
    assert_eq!(read::<Outer>("{}").unwrap(), Outer::default());
}

#[test]
fn unchanged_default_is_not_written() {
    let session = session();
    let visit = TypedSession::<Visit>::from(session.clone());
    visit.set(&Visit::default()).unwrap();
    visit.update(|_| ()).unwrap();
    assert!(session.is_empty());
}

#[test]
fn entry_of_wrong_type_returns_error() {
    let session = session();
    session.insert("hits", "many").unwrap();
    let visit = TypedSession::<Visit>::from(session.clone());
    assert!(visit.get().unwrap_err().entry().unwrap().is_read());
    assert!(visit.update(|visit| visit.hits += 1).is_err());
    assert_eq!(session.get::<String>("hits").unwrap().unwrap(), "many");
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rating {
    ratio: Option<f64>,
}

/// Regression: `set` compared values as JSON, in which a NaN and `None` are both null, so it saw no change between
/// them. It neither replaced a NaN in the session with `None`, nor refused to write a NaN over `None`.
#[test]
fn set_distinguishes_nan_from_none() {
    let python = State::from_json(r#"{"ratio": NaN}"#.to_owned()).unwrap();
    let rating = TypedSession::<Rating>::from(session_with(python));
    assert!(rating.get().unwrap().ratio.unwrap().is_nan());
    rating.set(&Rating { ratio: None }).unwrap();
    assert_eq!(rating.get().unwrap(), Rating { ratio: None });

    let error = rating.set(&Rating { ratio: Some(f64::NAN) }).unwrap_err();
    assert!(error.to_string().contains("ratio"), "{error}");
    rating.set(&Rating { ratio: Some(0.5) }).unwrap();
    assert_eq!(rating.get().unwrap(), Rating { ratio: Some(0.5) });
}

/// A map with the order in which its entries were read or inserted.
#[derive(Clone, Debug, Default, PartialEq)]
struct Ordered(Vec<(String, f64)>);

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(Ordered)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// Regression: `set` compared values as `serde_json::Value`, for which neither the order of keys nor the sign of a zero
/// counts. It did not write such a change, although `update` did.
#[test]
fn set_writes_change_of_order_or_sign() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Cart {
        prices: Ordered,
    }

    let session = session();
    let cart = TypedSession::<Cart>::from(session.clone());
    let prices = |prices: [(&str, f64); 2]| Cart {
        prices: Ordered(prices.map(|(name, price)| (name.to_owned(), price)).into()),
    };
    for (value, expected) in [
        (prices([("tea", 0.0), ("mug", 2.0)]), r#"{"tea": 0.0, "mug": 2.0}"#),
        (prices([("mug", 2.0), ("tea", 0.0)]), r#"{"mug": 2.0, "tea": 0.0}"#),
        (prices([("mug", 2.0), ("tea", -0.0)]), r#"{"mug": 2.0, "tea": -0.0}"#),
    ] {
        cart.set(&value).unwrap();
        assert_eq!(cart.get().unwrap(), value);
        assert_eq!(json::to_string(&session.get::<Ordered>("prices").unwrap()).unwrap(), expected);
    }
}
