//! Tests of the factory and its sessions, one topic per module.

mod as_factory;
mod base64;
mod build;
#[cfg(feature = "encrypted")]
mod encrypted;
mod hostile;
mod inspect;
#[cfg(feature = "encrypted")]
mod keys;
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
