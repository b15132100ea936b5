//! The data that each measured session holds.

#[path = "../../signed-session/benches/data/mod.rs"]
mod session;

use serde_json::{Value, json};

pub(crate) use session::entries;

/// Maximum sizes of the state in bytes, as JSON with spaces, which Pyramid and our signed cookies use. Without spaces,
/// the same entries take about 12 % less.
pub(crate) const SIZES: [usize; 3] = [150, 450, 2000];

/// Parses the query of a request for [`SETUP`](crate::subject::SETUP), such as `size=450`.
pub(crate) fn size_of(query: Option<&str>) -> usize {
    query.and_then(|query| query.strip_prefix("size=")?.parse().ok()).expect("the query has a size")
}

/// Returns all data as `[[size, {key: value, …}], …]`.
pub(crate) fn json() -> Value {
    let object = |size| entries(size).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    SIZES.into_iter().map(|size| json!([size, Value::Object(object(size))])).collect::<Vec<_>>().into()
}
