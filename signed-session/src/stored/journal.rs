//! The changes of one request. They can be repeated on the state that another request has saved.

use session_core::{EntryError, Redo, State};

/// The changes to a session's entries, in order.
///
/// Direct changes are made through `state_mut`. The journal only knows the entries before and after a series of them.
#[derive(Default)]
pub(super) struct Journal {
    steps: Vec<Step>,
    /// The entries before the open series of direct changes; `None` if no series is open.
    open: Option<State>,
}

enum Step {
    /// A series of direct changes: the states before and after it.
    Entries { before: State, after: State },
    /// A change that can be repeated.
    Redo(Redo),
}

impl Journal {
    /// Begins a series of direct changes, unless one is open. `state` has the entries before the change.
    pub(super) fn open(&mut self, state: &State) {
        if self.open.is_none() {
            self.open = Some(state.clone());
        }
    }

    /// Records a change that can be repeated. `state` has the entries before the change.
    pub(super) fn push(&mut self, state: &State, redo: Redo) {
        self.close(state);
        self.steps.push(Step::Redo(redo));
    }

    /// Ends the open series of direct changes, if there is one. `state` has the entries after it.
    pub(super) fn close(&mut self, state: &State) {
        if let Some(before) = self.open.take() {
            self.steps.push(Step::Entries { before, after: state.clone() });
        }
    }

    /// Returns the closures of the changes that can be repeated.
    pub(super) fn into_redos(self) -> Vec<Redo> {
        let redo = |step| if let Step::Redo(redo) = step { Some(redo) } else { None };
        self.steps.into_iter().filter_map(redo).collect()
    }

    /// Repeats the changes on the entries that another request has saved. Call [`close`](Self::close) first.
    pub(super) fn apply(&mut self, fresh: &mut State) -> Result<(), EntryError> {
        self.steps.iter_mut().try_for_each(|step| match step {
            Step::Entries { before, after } => fresh.apply_changes(before, after),
            Step::Redo(redo) => redo(fresh),
        })
    }
}
