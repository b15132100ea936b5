//! The types that the handlers of both frameworks read: `Visit` from the session, `Order` from a form.

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) hits: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) item: String,
}
