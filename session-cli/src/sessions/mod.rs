//! Listing and ending the sessions in a store.

mod open;
mod url;

use session_store::{DynStore, ManageSessions, SessionInfo, Store};
use signed_session::State;
use signed_session::parts::session_core::EntryError;

pub(crate) use self::open::StoreArgs;
pub(crate) use self::url::without_password;
use crate::args::{EndArgs, SessionsCommand};
use crate::{Failure, stdio};

/// Runs a command of `sessions`.
pub(crate) fn run(command: &SessionsCommand) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::data(format_args!("cannot start the runtime: {error}")))?;
    let text = runtime.block_on(async {
        match command {
            SessionsCommand::List(args) => list(&args.store.open().await?, &args.owner).await,
            SessionsCommand::End(args) => end(&args.store.open().await?, args).await,
        }
    })?;
    stdio::write(&text)
}

/// Returns the sessions of a user, each as one line of JSON.
async fn list(store: &DynStore, owner: &str) -> Result<String, Failure> {
    let sessions = store.sessions_of(owner).await.map_err(Failure::data)?;
    sessions.iter().map(|session| line(session).map_err(Failure::data)).collect()
}

fn line(session: &SessionInfo) -> Result<String, EntryError> {
    let mut out = State::default();
    out.insert("handle", session.handle.to_string())?;
    out.insert("label", &session.label)?;
    out.insert("created", session.created.as_secs())?;
    out.insert("accessed", session.accessed.as_secs())?;
    Ok(out.to_json()? + "\n")
}

/// Ends sessions, and returns their number as JSON.
async fn end(store: &DynStore, args: &EndArgs) -> Result<String, Failure> {
    let ended = match (&args.handle, &args.owner, &args.except) {
        (Some(handle), _, _) => store.end(handle).await.map(u64::from),
        (None, Some(owner), None) => store.end_all(owner).await,
        (None, Some(owner), Some(except)) => {
            let sessions = store.sessions_of(owner).await.map_err(Failure::data)?;
            // Without this check, a mistyped handle would end all sessions of the user.
            if !sessions.iter().any(|session| session.handle == *except) {
                return Err(Failure::data(
                    "--except: the user has no session with this handle; no session was ended",
                ));
            }
            store.delete_by_owner(owner, Some(except)).await
        }
        (None, None, _) => return Err(Failure::usage("give --handle or --owner")),
    };
    Ok(format!("{{\"ended\": {}}}\n", ended.map_err(Failure::data)?))
}
