//! A store that is chosen at run time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use session_core::{SessionHandle, Timestamp};

use crate::error::StoreError;
use crate::row::{Row, SessionInfo, Version};
use crate::store::{Store, forward};

/// A [`Store`] of any type, for an engine that is chosen at run time. Each call allocates its future.
///
/// Clones share the store.
#[derive(Clone)]
pub struct DynStore(Arc<dyn Object>);

impl DynStore {
    /// Wraps a store.
    pub fn new(store: impl Store) -> Self {
        Self(Arc::new(store))
    }
}

impl fmt::Debug for DynStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynStore").finish_non_exhaustive()
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Defines the dyn-compatible form of [`Store`], and implements it for every `Store`.
macro_rules! object {
    ($(fn $method:ident<$life:lifetime>(&self $(, $argument:ident: $type:ty)*) -> $result:ty;)*) => {
        trait Object: Send + Sync {
            $(fn $method<$life>(&$life self $(, $argument: $type)*) -> Boxed<$life, $result>;)*
        }

        impl<S: Store> Object for S {
            $(fn $method<$life>(&$life self $(, $argument: $type)*) -> Boxed<$life, $result> {
                Box::pin(Store::$method(self $(, $argument)*))
            })*
        }
    };
}

object! {
    fn load<'a>(&self, handle: &'a SessionHandle) -> Option<(Row, Version)>;
    fn create<'a>(&self, handle: &'a SessionHandle, row: &'a Row) -> Option<Version>;
    fn replace<'a>(&self, handle: &'a SessionHandle, version: Version, row: &'a Row) -> Option<Version>;
    fn touch<'a>(&self, handle: &'a SessionHandle, accessed: Timestamp, expires: Option<Timestamp>) -> bool;
    fn delete<'a>(&self, handle: &'a SessionHandle, version: Option<Version>) -> bool;
    fn by_owner<'a>(&self, owner: &'a str) -> Vec<SessionInfo>;
    fn delete_by_owner<'a>(&self, owner: &'a str, except: Option<&'a SessionHandle>) -> u64;
    fn sweep<'a>(&self, limit: usize) -> u64;
}

impl Store for DynStore {
    forward!(self => (*self.0));
}
