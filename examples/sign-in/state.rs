//! The state of the application.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::AppError;
use crate::users::Users;

/// The state that all requests share.
pub(crate) struct App {
    pub(crate) users: Users,
    /// Limits how many passwords are verified at the same time. By default, each verification takes 19 MiB of memory.
    verifications: Semaphore,
}

impl App {
    pub(crate) fn new(users: Users) -> Self {
        Self { users, verifications: Semaphore::new(4) }
    }

    /// Verifies a password outside of the threads that serve requests.
    ///
    /// A real site also limits the attempts for each name and each address.
    pub(crate) async fn verify(self: &Arc<Self>, name: String, password: String) -> Result<bool, AppError> {
        let _permit = self.verifications.acquire().await?;
        let app = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || app.users.verify(&name, &password)).await?)
    }
}
