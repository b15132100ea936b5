//! Integration tests of the public API.

mod buffer;
mod custom;
mod flaw;
mod flaws;
mod known_answers;
mod parts;
mod properties;
mod reference;
mod rotation;
mod scheme;
mod secrecy;
mod util;
mod wycheproof;
