//! Slots, each of which permits a call to use a connection, and the calls that wait for a slot.
//!
//! The number of slots is the maximum number of connections. Calls of all kinds get slots in the order of their
//! arrival. A call that gets a slot can also run waiting calls of its kind, in a batch.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session_store::{Row, StoreError, Version};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::kinds::{Alone, Combinable, Load, Replace};

/// Maximum number of calls in a batch.
const MAX_CALLS: usize = 32;

/// Size in bytes at which a batch gets no more calls.
const MAX_SIZE: usize = 256 * 1024;

/// A kind of call that waits in the queue.
pub(super) trait Kind: Sized {
    /// The result of a call that has run in a batch.
    type Answer: Send;

    /// Returns the line of the waiting calls of this kind.
    fn line(lines: &mut Lines) -> &mut Line<Self>;
}

/// The outcome of waiting in the queue.
pub(super) enum Turn<C: Kind> {
    /// The call may use a connection. Contains the slot and the call.
    Slot(Slot, C),
    /// The call was in a batch. Contains the call's result, which is an error if the batch has failed.
    Answer(Result<C::Answer, StoreError>),
    /// The call was in a batch, but the batch has no result for the call. The call should now run alone.
    Alone,
}

/// The reason that a call gets no turn.
pub(super) enum NoTurn {
    /// The call has waited for too long.
    TimedOut,
    /// The call was in a batch, and the task of the batch ended without a result, for example because its runtime
    /// stopped. The statement may have been sent.
    Abandoned,
}

/// A call in the queue.
pub(super) struct Waiting<C: Kind> {
    number: u64,
    pub(super) call: C,
    pub(super) reply: oneshot::Sender<Turn<C>>,
}

type Line<C> = VecDeque<Waiting<C>>;

/// The waiting calls by kind. Each line is in the order of arrival.
#[derive(Default)]
pub(super) struct Lines {
    alone: Line<Alone>,
    loads: Line<Load>,
    replaces: Line<Replace>,
}

impl Kind for Alone {
    type Answer = ();

    fn line(lines: &mut Lines) -> &mut Line<Self> {
        &mut lines.alone
    }
}

impl Kind for Load {
    type Answer = Option<(Row, Version)>;

    fn line(lines: &mut Lines) -> &mut Line<Self> {
        &mut lines.loads
    }
}

impl Kind for Replace {
    /// Empty, because an answer from a batch always means that the row was replaced.
    type Answer = ();

    fn line(lines: &mut Lines) -> &mut Line<Self> {
        &mut lines.replaces
    }
}

#[derive(Clone)]
pub(super) struct Queue(Arc<Mutex<State>>);

struct State {
    /// Number of free slots. No call waits while a slot is free.
    free: usize,
    arrivals: u64,
    lines: Lines,
}

impl Queue {
    pub(super) fn new(slots: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: slots, arrivals: 0, lines: Lines::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot if one is free.
    pub(super) fn try_slot(&self) -> Option<Slot> {
        self.slot(&mut self.state())
    }

    fn slot(&self, state: &mut State) -> Option<Slot> {
        state.free = state.free.checked_sub(1)?;
        Some(Slot(Some(self.clone())))
    }

    /// Waits for the turn of a call. Times out if the call is still in the queue after `limit`. If the call is in a
    /// batch by then, waits until the batch has ended.
    pub(super) async fn turn<C: Kind>(&self, call: C, limit: Duration) -> Result<Turn<C>, NoTurn> {
        let mut place = {
            let mut state = self.state();
            if let Some(slot) = self.slot(&mut state) {
                return Ok(Turn::Slot(slot, call));
            }
            let number = state.arrivals;
            state.arrivals += 1;
            let (reply, receiver) = oneshot::channel();
            C::line(&mut state.lines).push_back(Waiting { number, call, reply });
            Place { queue: self, number, receiver }
        };
        match timeout(limit, &mut place.receiver).await {
            Ok(turn) => turn.map_err(|_| NoTurn::Abandoned),
            Err(_) if place.leave() => Err(NoTurn::TimedOut),
            // The call has left the queue already: it is in a batch, or it has got a slot.
            Err(_) => (&mut place.receiver).await.map_err(|_| NoTurn::Abandoned),
        }
    }

    /// Removes and returns waiting calls that can run in one statement with `first`.
    pub(super) fn company<C: Kind + Combinable>(&self, first: &C) -> Vec<Waiting<C>> {
        let mut state = self.state();
        let line = C::line(&mut state.lines);
        let mut company = Vec::new();
        let mut others = Vec::new();
        let mut size = first.size();
        let mut changed: HashSet<_> = first.changes().into_iter().collect();
        while company.len() + others.len() < MAX_CALLS - 1 && size < MAX_SIZE {
            let Some(next) = line.pop_front() else { break };
            if first.fits(&next.call) && next.call.changes().is_none_or(|row| changed.insert(row)) {
                size += next.call.size();
                company.push(next);
            } else {
                others.push(next);
            }
        }
        others.into_iter().rev().for_each(|other| line.push_front(other));
        company
    }

    /// Hands a slot to the call that has waited longest. If no call waits, the slot becomes free.
    fn release(self) {
        loop {
            let next = {
                let mut state = self.state();
                let Some(next) = state.lines.pop_first() else {
                    state.free += 1;
                    return;
                };
                next
            };
            let taken = match next {
                Next::Alone(next) => next.take(self.clone()),
                Next::Load(next) => next.take(self.clone()),
                Next::Replace(next) => next.take(self.clone()),
            };
            if taken {
                return;
            }
        }
    }
}

enum Next {
    Alone(Waiting<Alone>),
    Load(Waiting<Load>),
    Replace(Waiting<Replace>),
}

impl Lines {
    fn pop_first(&mut self) -> Option<Next> {
        let alone = first_number(&self.alone);
        let load = first_number(&self.loads);
        let replace = first_number(&self.replaces);
        if alone < load.min(replace) {
            self.alone.pop_front().map(Next::Alone)
        } else if load < replace {
            self.loads.pop_front().map(Next::Load)
        } else {
            self.replaces.pop_front().map(Next::Replace)
        }
    }
}

fn first_number<C: Kind>(line: &Line<C>) -> u64 {
    line.front().map_or(u64::MAX, |first| first.number)
}

impl<C: Kind> Waiting<C> {
    /// Creates a call that is not in the queue, and the receiver of its turn.
    pub(super) fn outside(call: C) -> (Self, oneshot::Receiver<Turn<C>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { number: 0, call, reply }, receiver)
    }

    /// Hands a slot to the call. Returns false if the call was dropped.
    fn take(self, queue: Queue) -> bool {
        match self.reply.send(Turn::Slot(Slot(Some(queue)), self.call)) {
            Err(Turn::Slot(mut slot, _)) => {
                // Dropping the slot here would call `release` recursively, once for each dropped call.
                slot.0 = None;
                false
            }
            _ => true,
        }
    }
}

/// The permission to use a connection. Dropping a slot hands it to the call that has waited longest.
pub(super) struct Slot(Option<Queue>);

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.release();
        }
    }
}

/// The place of a call in the queue. Dropping the place removes the call from the queue.
struct Place<'a, C: Kind> {
    queue: &'a Queue,
    number: u64,
    receiver: oneshot::Receiver<Turn<C>>,
}

impl<C: Kind> Place<'_, C> {
    /// Removes the call from the queue. Returns false if the queue no longer contains the call.
    fn leave(&self) -> bool {
        let mut state = self.queue.state();
        let line = C::line(&mut state.lines);
        let index = line.binary_search_by_key(&self.number, |waiting| waiting.number);
        index.is_ok_and(|index| line.remove(index).is_some())
    }
}

impl<C: Kind> Drop for Place<'_, C> {
    fn drop(&mut self) {
        if !self.receiver.is_terminated() {
            self.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_passes_dropped_calls_without_recursion() {
        let queue = Queue::new(0);
        for _ in 0..100_000 {
            // Dropping the receiver drops the call.
            let (dropped, _) = Waiting::outside(Alone);
            queue.state().lines.alone.push_back(dropped);
        }
        drop(Slot(Some(queue.clone())));
        assert!(queue.try_slot().is_some(), "the slot should be free");
    }
}
