//! The replies of the scripts that change a row.

use redis::{FromRedisValue, ParsingError, Value};
use session_store::{StoreError, Version};

/// The reply of a script that changes a row: a code alone, or a list with a code, an owner and a version of the row.
pub(crate) enum Reply {
    /// Nothing was changed: the row does not exist, has expired, or has another version or owner than the call asks
    /// for. For `create`: the row exists already.
    Missing,
    /// The row was created, changed or deleted. Holds its previous owner if the store must remove the row from this
    /// owner's index.
    Done(Option<Owned>),
    /// Nothing was changed: an entry in the index of this owner must be written first. With `None`, the row no longer
    /// has an owner, and needs no entry.
    IndexFirst(Option<Owned>),
    /// Nothing was changed: the entry in the owner's index was written too long ago.
    Late,
    /// The row was deleted, but had expired by the store's clock. Holds its owner, like [`Done`](Self::Done).
    Expired(Option<Owned>),
}

/// The owner of a row, and the version of the row.
pub(crate) struct Owned {
    pub(crate) owner: Vec<u8>,
    pub(crate) version: Version,
}

impl Reply {
    /// Returns the error for a reply that the call cannot use.
    pub(crate) fn unusable(&self) -> StoreError {
        match self {
            Self::Late => {
                StoreError::unavailable("the server is too slow, or the clocks of its nodes differ")
            }
            _ => StoreError::invalid("a script returned a reply that the call does not expect"),
        }
    }
}

impl FromRedisValue for Reply {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (code, owned) = match value {
            Value::Array(_) => {
                let (code, owner, version): (u8, Option<Vec<u8>>, [u8; 8]) = redis::from_redis_value(value)?;
                let version = Version::new(u64::from_be_bytes(version));
                (code, owner.map(|owner| Owned { owner, version }))
            }
            code => (redis::from_redis_value(code)?, None),
        };
        Ok(match code {
            0 => Self::Missing,
            1 => Self::Done(owned),
            2 => Self::IndexFirst(owned),
            3 => Self::Late,
            4 => Self::Expired(owned),
            _ => return Err("unknown code".into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: i64) -> Reply {
        Reply::from_redis_value(Value::Int(code)).unwrap()
    }

    #[test]
    fn late_reply_is_unavailable() {
        assert!(reply(3).unusable().is_unavailable());
    }

    #[test]
    fn unexpected_or_unknown_reply_is_invalid() {
        assert!(!reply(2).unusable().is_unavailable());
        assert!(Reply::from_redis_value(Value::Int(5)).is_err());
    }
}
