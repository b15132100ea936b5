//! The session that is measured: who is signed in, a counter, a shopping cart.

use serde_json::{Value, json};
use signed_session::SessionExt;

/// Fills a session up to `bytes` of state, or to a few bytes less.
pub(crate) fn fill(session: &mut impl SessionExt, bytes: usize) {
    let user = json!({"id": 123_456, "name": "Zoe Example", "roles": ["editor", "author"]});
    session.insert("user", user).unwrap();
    session.insert("hits", 1).unwrap();
    let mut cart: Vec<Value> = Vec::new();
    loop {
        session.insert("cart", &cart).unwrap();
        cart.push(json!({"sku": format!("A-{:05}", cart.len() * 37), "count": cart.len() % 7 + 1}));
        // The next article would take its text and a separator.
        let article = cart.last().map_or(0, |article| article.to_string().len() + 6);
        if session.state().json_len() + article > bytes {
            return;
        }
    }
}
