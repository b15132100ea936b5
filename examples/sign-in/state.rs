//! The state of the application.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::AppError;
use crate::users::Users;

/// Maximum number of passwords that are verified at the same time.
const MAX_VERIFICATIONS: usize = 4;

/// The state that all requests share.
pub(crate) struct App {
    pub(crate) users: Users,
    /// Limits how many passwords are verified at the same time. With Argon2's default parameters, each verification
    /// takes 19 MiB of memory.
    verifications: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(users: Users) -> Self {
        Self { users, verifications: Arc::new(Semaphore::new(MAX_VERIFICATIONS)) }
    }

    /// Verifies a password outside of the threads that serve requests.
    ///
    /// A real site also limits the attempts for each name and each address.
    pub(crate) async fn verify(self: &Arc<Self>, name: String, password: String) -> Result<bool, AppError> {
        let permit = Arc::clone(&self.verifications).acquire_owned().await?;
        let app = Arc::clone(self);
        let verification = tokio::task::spawn_blocking(move || {
            // If the visitor closes the connection, the future of the request is dropped, but the verification runs to
            // its end. So the permit belongs to the verification.
            let _permit = permit;
            app.users.verify(&name, &password)
        });
        Ok(verification.await?)
    }
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::sync::mpsc;

    use tokio::runtime;
    use tokio::task::spawn_blocking;

    use super::*;
    use crate::tests::weak_argon2;
    use crate::users::ZOE;

    /// Regression: the permit was dropped with the request, so requests that were closed early could start any number
    /// of verifications.
    #[test]
    fn verification_keeps_permit_after_request_is_dropped() {
        let app = Arc::new(App::new(Users::demo(&weak_argon2()).unwrap()));
        let runtime = runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            // The runtime's only blocking thread is busy, so the verification has to wait.
            let (release, released) = mpsc::channel::<()>();
            spawn_blocking(move || released.recv());
            tokio::select! {
                biased;
                _ = app.verify("zoe".to_owned(), ZOE.to_owned()) => panic!("the thread should be busy"),
                () = future::ready(()) => {} // drops the verification's future
            }
            assert_eq!(app.verifications.available_permits(), MAX_VERIFICATIONS - 1);
            drop(release);
            drop(app.verifications.acquire_many(MAX_VERIFICATIONS as u32).await.unwrap());
        });
    }
}
