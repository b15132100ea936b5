//! What the factory promises, one topic each.

mod base64;
mod build;
mod hostile;
mod lifecycle;
mod limits;
mod rotation;
mod serializer;
mod site;
mod testing;
mod types;
