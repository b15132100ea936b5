//! What the factory promises, one topic each.

mod as_factory;
mod base64;
mod build;
mod hostile;
mod inspect;
mod lifecycle;
mod limits;
mod macs;
mod revival;
mod rotation;
mod save;
mod serializer;
mod site;
mod testing;
mod types;
