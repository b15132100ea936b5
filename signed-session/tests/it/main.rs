//! Tests of the factory and its sessions, one topic per module.

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
