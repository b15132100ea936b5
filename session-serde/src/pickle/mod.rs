//! placeholder
/// placeholder
#[derive(Debug)]
pub struct PickleSerializer;
