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
#[cfg(feature = "encrypted")]
mod lifetimes;
mod limits;
#[path = "../log/mod.rs"]
mod log;
mod macs;
#[cfg(feature = "encrypted")]
mod observer;
#[cfg(feature = "encrypted")]
mod old_formats;
#[cfg(all(feature = "encrypted", feature = "pickle"))]
mod old_pickle;
mod own_limits;
#[cfg(feature = "encrypted")]
mod presets;
#[cfg(feature = "encrypted")]
#[path = "../recorder/mod.rs"]
mod recorder;
mod revival;
mod rotation;
mod save;
mod serializer;
#[cfg(feature = "encrypted")]
mod shared_keys;
mod site;
mod testing;
mod types;
