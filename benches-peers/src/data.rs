//! The data that every session holds.

#[path = "../../signed-session/benches/data/mod.rs"]
mod session;

use serde_json::{Value, json};

pub(crate) use session::entries;

/// Bytes of state, as Python and we write JSON. Who writes no spaces needs a tenth less for the same entries.
pub(crate) const SIZES: [usize; 3] = [150, 450, 2000];

/// The size that a request for [`SETUP`](crate::subject::SETUP) asks for in its query.
pub(crate) fn size_of(query: Option<&str>) -> usize {
    query.and_then(|query| query.strip_prefix("size=")?.parse().ok()).expect("a size")
}

/// All of the data: `[[size, {key: value, …}], …]`.
pub(crate) fn json() -> Value {
    let object = |size| entries(size).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    SIZES.into_iter().map(|size| json!([size, Value::Object(object(size))])).collect::<Vec<_>>().into()
}
