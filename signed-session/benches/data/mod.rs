//! The data of the measured sessions: a signed-in user, a counter and a shopping cart. benches-peers and
//! tests/allocations.rs include this file too.

use serde_json::{Value, json};
use signed_session::State;

/// Returns the entries of a state whose JSON takes `bytes` bytes, or slightly fewer.
pub(crate) fn entries(bytes: usize) -> Vec<(&'static str, Value)> {
    let mut cart: Vec<Value> = Vec::new();
    loop {
        let entries = vec![
            ("user", json!({"id": 123_456, "name": "Zoe Example", "roles": ["editor", "author"]})),
            ("hits", json!(1)),
            ("cart", json!(cart)),
        ];
        let mut state = State::default();
        for (key, value) in &entries {
            state.insert(key, value).unwrap();
        }
        cart.push(json!({"sku": format!("A-{:05}", cart.len() * 37), "count": cart.len() % 7 + 1}));
        // Another article would add its JSON, and at most 6 bytes of spaces and separators.
        let article = cart.last().map_or(0, |article| article.to_string().len() + 6);
        if state.json_len() + article > bytes {
            return entries;
        }
    }
}
