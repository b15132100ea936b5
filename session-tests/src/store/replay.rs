//! Runs a script against a store and the model.

use std::fmt::Debug;
use std::time::Duration;

use proptest::test_runner::TestCaseError;
use session_core::SessionHandle;
use session_store::{Row, SessionInfo, Store, StoreError, Version};

use super::harness::{Harness, now};
use super::model::{Model, expires, row, time};
use super::step::{At, End, Key, Step, Write, short_bytes, short_text};
use crate::run::{Outcome, at, ensure, fail};

/// The suite checks that a row still exists this long before its end. If the harness has a longer margin, the
/// suite uses the margin instead.
const JUST_BEFORE: Duration = Duration::from_millis(250);

/// Runs a script, and compares the result of each step with the model. After the last step, also compares the rows and
/// lists. The steps alternate between `stores`, which all have the same rows. Each script needs a different `number`,
/// so that no two scripts have the same handles.
pub(super) async fn replay<H: Harness>(
    harness: &H,
    stores: &[H::Store],
    number: u64,
    steps: &[Step],
) -> Outcome {
    let mut replay = Replay { harness, model: Model::new(number, harness.margin()) };
    for ((step, number), store) in steps.iter().zip(1..).zip(stores.iter().cycle()) {
        replay.step(store, step).await.map_err(at(format_args!("step {number}, `{step}`, ")))?;
    }
    for store in stores {
        for step in inspection(steps) {
            replay.step(store, &step).await.map_err(at(format_args!("after the last step, `{step}` ")))?;
        }
    }
    Ok(())
}

/// Returns the steps that read every row and every list that the script could have changed.
fn inspection(steps: &[Step]) -> Vec<Step> {
    let (mut keys, mut owners) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Create(key, row) | Step::Replace(key, _, row) => {
                keys.push(*key);
                owners.extend(row.owner.clone());
            }
            Step::Load(key) | Step::Touch(key, ..) | Step::Delete(key, _) => keys.push(*key),
            Step::ByOwner(owner) | Step::DeleteByOwner(owner, _) => owners.push(owner.clone()),
            Step::Sweep(_) | Step::Wait(_) | Step::WaitBefore(_) | Step::WaitUntil(_) => {}
        }
    }
    keys.sort();
    keys.dedup();
    owners.sort();
    owners.dedup();
    keys.into_iter().map(Step::Load).chain(owners.into_iter().map(Step::ByOwner)).collect()
}

struct Replay<'a, H> {
    harness: &'a H,
    model: Model,
}

impl<H: Harness> Replay<'_, H> {
    async fn step(&mut self, store: &H::Store, step: &Step) -> Outcome {
        match step {
            Step::Create(key, write) => self.create(store, *key, write).await,
            Step::Load(key) => {
                let loaded = answer(store.load(&self.model.handle(*key)).await)?;
                same_row(loaded, self.model.get(*key))
            }
            Step::Replace(key, at, write) => self.replace(store, *key, *at, write).await,
            Step::Touch(key, accessed, end) => self.touch(store, *key, *accessed, *end).await,
            Step::Delete(key, at) => {
                let version = at.map(|at| self.model.version(*key, at));
                let deleted = answer(store.delete(&self.model.handle(*key), version).await)?;
                let is_current = self.model.is_current(*key, *at);
                if is_current {
                    self.model.delete(*key);
                }
                same(deleted, is_current)
            }
            Step::ByOwner(owner) => {
                same_list(answer(store.by_owner(owner).await)?, self.model.by_owner(owner))
            }
            Step::DeleteByOwner(owner, except) => {
                let handle = except.map(|key| self.model.handle(key));
                let deleted = answer(store.delete_by_owner(owner, handle.as_ref()).await)?;
                same(deleted, self.model.delete_by_owner(owner, *except))
            }
            Step::Sweep(limit) => {
                let swept = answer(store.sweep(*limit).await)?;
                ensure!(swept <= *limit as u64, "returns {swept}, which is more than the limit");
                Ok(())
            }
            Step::Wait(halves) => {
                self.wait_until(self.model.elapsed() + super::step::UNIT / 2 * *halves).await
            }
            Step::WaitBefore(key) => {
                let before = self.harness.margin().max(JUST_BEFORE);
                let end = self.model.end(*key).unwrap_or_default();
                self.wait_until(end.saturating_sub(before)).await
            }
            Step::WaitUntil(key) => {
                let end = self.model.end(*key).unwrap_or_default();
                self.wait_until(end + self.harness.margin()).await
            }
        }
    }

    async fn create(&mut self, store: &H::Store, key: Key, write: &Write) -> Outcome {
        let row = self.row(write);
        let version = answer(store.create(&self.model.handle(key), &row).await)?;
        match (version, self.model.get(key)) {
            (Some(version), None) => self.model.create(key, row, write.end, version),
            (None, Some(_)) => {}
            (Some(_), Some(_)) => return Err(fail("returns a version, but the row exists")),
            (None, None) => return Err(fail("returns None, but there is no row")),
        }
        Ok(())
    }

    async fn replace(&mut self, store: &H::Store, key: Key, at: At, write: &Write) -> Outcome {
        let row = self.row(write);
        let old = self.model.version(key, at);
        let version = answer(store.replace(&self.model.handle(key), old, &row).await)?;
        match (version, self.model.is_current(key, Some(at))) {
            (Some(version), true) if self.model.had(key, version) => {
                return Err(fail("returns a version that the row had before"));
            }
            (Some(version), true) => self.model.replace(key, row, write.end, version),
            (None, false) => {}
            (Some(_), false) => {
                return Err(fail("returns a version, but no row has the version that the call passes"));
            }
            (None, true) => {
                return Err(fail("returns None, but the row has the version that the call passes"));
            }
        }
        Ok(())
    }

    async fn touch(&mut self, store: &H::Store, key: Key, accessed: f64, end: End) -> Outcome {
        let expires = expires(end, now(self.harness), self.harness.margin());
        let touched = answer(store.touch(&self.model.handle(key), time(accessed), expires).await)?;
        let exists = self.model.get(key).is_some();
        self.model.touch(key, time(accessed), expires, end);
        same(touched, exists)
    }

    fn row(&self, write: &Write) -> Row {
        row(write, now(self.harness), self.harness.margin())
    }

    async fn wait_until(&mut self, elapsed: Duration) -> Outcome {
        let passed = self.model.advance_to(elapsed);
        self.harness.advance(passed).await;
        Ok(())
    }
}

/// Returns the value that a call to the store returned. If the call failed, the test case fails.
pub(super) fn answer<T>(result: Result<T, StoreError>) -> Result<T, TestCaseError> {
    result.map_err(|error| fail(format!("returns an error: {error}")))
}

/// Creates a row. Returns an error if `create` finds an existing row.
pub(super) async fn create(
    store: &impl Store,
    handle: &SessionHandle,
    row: &Row,
) -> Result<Version, TestCaseError> {
    answer(store.create(handle, row).await)?.ok_or_else(|| fail("create returns None, but there is no row"))
}

fn same<T: PartialEq + Debug>(actual: T, expected: T) -> Outcome {
    ensure!(actual == expected, "returns {actual:?}, expected {expected:?}");
    Ok(())
}

fn same_row(actual: Option<(Row, Version)>, expected: Option<(Row, Version)>) -> Outcome {
    let show = |found: &Option<(Row, Version)>| match found {
        Some((row, version)) => format!("{} with {version:?}", show_row(row)),
        None => "None".to_owned(),
    };
    ensure!(actual == expected, "returns {}, expected {}", show(&actual), show(&expected));
    Ok(())
}

fn same_list(mut actual: Vec<SessionInfo>, expected: Vec<SessionInfo>) -> Outcome {
    actual.sort_by_key(|info| info.handle);
    let show = |infos: &[SessionInfo]| infos.iter().map(show_info).collect::<Vec<_>>().join(", ");
    ensure!(actual == expected, "returns [{}], expected [{}]", show(&actual), show(&expected));
    Ok(())
}

fn show_row(row: &Row) -> String {
    let Row { data, owner, label, created, accessed, expires } = row;
    let expires = expires.map_or_else(|| "never".to_owned(), |time| format!("at {:?}", time.as_secs()));
    format!(
        "{{data: {}, owner: {}, label: {}, created: {:?}, accessed: {:?}, expires: {expires}}}",
        short_bytes(data),
        short_text(owner),
        short_text(label),
        created.as_secs(),
        accessed.as_secs(),
    )
}

fn show_info(info: &SessionInfo) -> String {
    let SessionInfo { handle, label, created, accessed, .. } = info;
    format!(
        "{{handle: {}, label: {}, created: {:?}, accessed: {:?}}}",
        short_handle(handle),
        short_text(label),
        created.as_secs(),
        accessed.as_secs(),
    )
}

fn short_handle(handle: &SessionHandle) -> String {
    let text = handle.to_string();
    format!("{}…{}", text.get(..6).unwrap_or_default(), text.get(58..).unwrap_or_default())
}
