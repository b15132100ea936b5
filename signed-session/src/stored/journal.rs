//! The changes of one request, which can be made again on the state that another request has saved.

use session_core::{EntryError, Redo, State};

/// The changes to a session's entries, in order.
#[derive(Default)]
pub(super) struct Journal {
    steps: Vec<Step>,
    /// The entries before the changes that are not yet a step.
    open: Option<State>,
}

enum Step {
    /// Direct changes of entries, as the states before and after them.
    Entries { before: State, after: State },
    /// A change that can be made again.
    Redo(Redo),
}

impl Journal {
    /// Records that the entries, now `state`, are about to be changed directly.
    pub(super) fn open(&mut self, state: &State) {
        if self.open.is_none() {
            self.open = Some(state.clone());
        }
    }

    /// Records a change that can be made again. `state` are the entries before it.
    pub(super) fn push(&mut self, state: &State, redo: Redo) {
        self.close(state);
        self.steps.push(Step::Redo(redo));
    }

    /// Ends a series of direct changes, which has led to `state`.
    pub(super) fn close(&mut self, state: &State) {
        if let Some(before) = self.open.take() {
            self.steps.push(Step::Entries { before, after: state.clone() });
        }
    }

    /// Makes the changes again on the entries that another request has saved. Call [`close`](Self::close) before.
    pub(super) fn apply(&mut self, fresh: &mut State) -> Result<(), EntryError> {
        self.steps.iter_mut().try_for_each(|step| match step {
            Step::Entries { before, after } => fresh.apply_changes(before, after),
            Step::Redo(redo) => redo(fresh),
        })
    }
}
