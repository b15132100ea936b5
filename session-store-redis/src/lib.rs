#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod batch;
mod connect;
mod connection;
mod error;
mod index;
mod reply;
mod rows;
mod script;
mod store;
mod ttl;
mod value;

pub use redis;
pub use store::RedisStore;
