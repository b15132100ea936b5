//! What the factory promises, one topic each.

mod build;
mod hostile;
mod lifecycle;
mod limits;
mod rotation;
mod site;
mod testing;
mod types;
