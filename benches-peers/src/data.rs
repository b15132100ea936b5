//! The data that every session holds.

use serde_json::{Value, json};

/// Bytes of state, as JSON.
pub(crate) const SIZES: [usize; 3] = [150, 450, 2000];

/// The entries of a session whose state takes about `size` bytes: who is signed in, a counter, what is in the cart.
pub(crate) fn entries(size: usize) -> Vec<(String, Value)> {
    let mut cart: Vec<Value> = Vec::new();
    loop {
        let entries = vec![
            ("user".to_owned(), json!({"id": 123_456, "name": "Zoe Example", "roles": ["editor", "author"]})),
            ("hits".to_owned(), json!(1)),
            ("cart".to_owned(), Value::Array(cart.clone())),
        ];
        let state: serde_json::Map<_, _> = entries.iter().cloned().collect();
        if Value::Object(state).to_string().len() + 20 > size {
            return entries;
        }
        cart.push(json!({"sku": format!("A-{:05}", cart.len() * 37), "count": cart.len() % 7 + 1}));
    }
}

/// The size that a request for [`SETUP`](crate::SETUP) asks for in its query.
pub(crate) fn size_of(query: Option<&str>) -> usize {
    query.and_then(|query| query.strip_prefix("size=")?.parse().ok()).expect("a size")
}

/// All of the data: `[[size, {key: value, …}], …]`.
pub(crate) fn json() -> Value {
    let with_size = |size| json!([size, entries(size).into_iter().collect::<serde_json::Map<_, _>>()]);
    SIZES.into_iter().map(with_size).collect()
}
