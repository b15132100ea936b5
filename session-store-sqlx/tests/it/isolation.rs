//! Conflicts with other transactions: deadlocks, and changes of one row at an isolation level above READ COMMITTED.

use session_store::{Row, Store, Version};

use crate::busy::Busy;
use crate::common::{self, NOW, at, handle, row};

const SECOND: Version = Version::FIRST.next();

/// The levels at which a statement fails if another transaction has changed the row after the statement's start.
const STRICT: [&str; 2] = ["repeatable read", "serializable"];

/// Runs a call on row 0 while another transaction changes this row. The call waits until the transaction has committed.
async fn during_change<T: Send + 'static>(
    busy: &Busy,
    call: impl Future<Output = T> + Send + 'static,
    change: &str,
) -> T {
    let mut other = busy.pool.begin().await.unwrap();
    busy.change_row(&mut other, 0, change).await;
    let call = tokio::spawn(call);
    busy.until_blocked(1).await;
    other.commit().await.unwrap();
    call.await.unwrap()
}

/// Regression: at an isolation level above READ COMMITTED, the call failed with an error that meant an outage. So the
/// response was a 503, although the factory could have merged the changes.
#[tokio::test]
async fn replace_of_concurrently_changed_row_finds_other_version() {
    for level in STRICT {
        let Some(busy) = Busy::start_at(1, level).await else { return };
        busy.create(1).await;
        let store = busy.store.clone();
        let replace = async move { store.replace(&handle(0), Version::FIRST, &row(b"late")).await };
        let replaced = during_change(&busy, replace, "version = 2, data = 'early'").await;
        assert_eq!(replaced, Ok(None), "{level}");
        assert_eq!(busy.store.load(&handle(0)).await, Ok(Some((row(b"early"), SECOND))), "{level}");
    }
}

/// Regression: at an isolation level above READ COMMITTED, the call failed, and a session stayed after its sign-out.
#[tokio::test]
async fn delete_of_concurrently_changed_row_succeeds() {
    for level in STRICT {
        let Some(busy) = Busy::start_at(1, level).await else { return };
        busy.create(1).await;
        let store = busy.store.clone();
        let delete = async move { store.delete(&handle(0), None).await };
        assert_eq!(during_change(&busy, delete, "version = 2").await, Ok(true), "{level}");
        assert_eq!(busy.store.load(&handle(0)).await, Ok(None), "{level}");
    }
}

/// Regression: `delete_by_owner` ran one statement. If a session was renewed in the meantime, the statement did not see
/// the session's new row, and the old row no longer had an owner. So the session survived under its new handle.
#[tokio::test]
async fn delete_by_owner_finds_session_that_was_renewed_meanwhile() {
    for level in ["read committed", STRICT[0], STRICT[1]] {
        let Some(busy) = Busy::start_at(2, level).await else { return };
        let row = Row { owner: Some("alice".to_owned()), ..row(b"data") };
        busy.store.create(&handle(0), &row).await.unwrap();
        let mut other = busy.pool.begin().await.unwrap();
        busy.change_row(&mut other, 0, "version = 2, owner = NULL").await;
        let store = busy.store.clone();
        let deletion = tokio::spawn(async move { store.delete_by_owner("alice", None).await });
        busy.until_blocked(1).await;
        busy.store.create(&handle(1), &row).await.unwrap();
        other.commit().await.unwrap();
        assert_eq!(deletion.await.unwrap(), Ok(1), "{level}");
        assert_eq!(busy.store.load(&handle(1)).await, Ok(None), "{level}");
        assert!(busy.store.load(&handle(0)).await.unwrap().is_some(), "{level}");
    }
}

/// Regression: each statement chose up to 1000 rows before it waited for other transactions. If these had deleted the
/// chosen rows, the statement deleted nothing, and the call returned as if no row was left.
#[tokio::test]
async fn concurrent_calls_of_delete_by_owner_leave_no_row() {
    let Some(busy) = Busy::start(2).await else { return };
    busy.create_owned("alice", 2500).await;
    let (first, second) = (busy.delete_owned("alice", 0).await, busy.delete_owned("alice", 1000).await);
    let store = busy.store.clone();
    let deletion = tokio::spawn(async move { store.delete_by_owner("alice", None).await });
    for other in [first, second] {
        busy.until_blocked(1).await;
        other.commit().await.unwrap();
    }
    assert_eq!(deletion.await.unwrap(), Ok(500));
    assert_eq!(busy.store.by_owner("alice").await, Ok(vec![]));
}

/// Regression: with the plan for a table of one row, which a connection keeps, the statement chose 1000 rows for each
/// row of the owner. So it deleted all rows at once, and could exceed its time limit.
#[tokio::test]
async fn delete_by_owner_deletes_at_most_a_chunk_per_statement() {
    let Some(busy) = Busy::start(1).await else { return };
    let limit = "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF (SELECT count(*) FROM deleted) > 1000 THEN RAISE 'too many rows'; END IF; RETURN NULL; END $$; \
                 CREATE TRIGGER chunk AFTER DELETE ON {} REFERENCING OLD TABLE AS deleted \
                 FOR EACH STATEMENT EXECUTE FUNCTION {}()";
    busy.execute(limit).await;
    busy.execute("ANALYZE {}").await;
    for _ in 0..7 {
        assert_eq!(busy.store.delete_by_owner("alice", None).await, Ok(0));
    }
    busy.create_owned("alice", 2500).await;
    assert_eq!(busy.store.delete_by_owner("alice", None).await, Ok(2500));
}

#[tokio::test]
async fn touch_and_create_of_concurrently_changed_row_succeed() {
    for level in STRICT {
        let Some(busy) = Busy::start_at(1, level).await else { return };
        busy.create(1).await;
        let store = busy.store.clone();
        let touch = async move { store.touch(&handle(0), at(NOW + 1.0), None).await };
        assert_eq!(during_change(&busy, touch, "version = 2").await, Ok(true), "{level}");
        let store = busy.store.clone();
        busy.execute("UPDATE {} SET expires = 0").await;
        let create = async move { store.create(&handle(0), &row(b"new")).await };
        assert_eq!(during_change(&busy, create, "expires = 1").await, Ok(Some(Version::FIRST)), "{level}");
    }
}

/// Makes the next `count` statements that replace rows fail with an error. Returns the name of a sequence whose value
/// is the number of failed statements plus the number of replaced rows.
async fn fail(busy: &Busy, count: u32, error: &str) -> String {
    let sequence = common::new_table();
    let trigger = format!(
        "CREATE SEQUENCE \"{sequence}\"; \
         CREATE OR REPLACE FUNCTION {{}}() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF nextval('\"{sequence}\"') <= {count} THEN RAISE {error}; END IF; RETURN new; END $$; \
         DROP TRIGGER IF EXISTS conflicts ON {{}}; \
         CREATE TRIGGER conflicts BEFORE UPDATE ON {{}} FOR EACH ROW WHEN (new.version > 1) EXECUTE FUNCTION {{}}()"
    );
    busy.execute(&trigger).await;
    sequence
}

async fn value(busy: &Busy, sequence: &str) -> i64 {
    let value = sqlx::AssertSqlSafe(format!("SELECT last_value FROM \"{sequence}\""));
    sqlx::query_scalar(value).fetch_one(&busy.pool).await.unwrap()
}

#[tokio::test]
async fn statement_with_conflict_is_repeated_ten_times() {
    let Some(busy) = Busy::start(1).await else { return };
    busy.create(1).await;
    let mut version = Version::FIRST;
    for (error, code) in [("serialization_failure", "40001"), ("deadlock_detected", "40P01")] {
        fail(&busy, 10, error).await;
        let replaced = busy.store.replace(&handle(0), version, &row(b"new")).await;
        assert_eq!(replaced, Ok(Some(version.next())), "{error}");
        version = version.next();
        let sequence = fail(&busy, u32::MAX, error).await;
        let replaced = busy.store.replace(&handle(0), version, &row(b"newer")).await.unwrap_err();
        assert!(replaced.is_unavailable() && replaced.to_string().contains(code), "{replaced}");
        assert_eq!(value(&busy, &sequence).await, 11, "{error}");
    }
}

#[tokio::test]
async fn statement_with_unknown_completion_is_not_repeated() {
    let Some(busy) = Busy::start(1).await else { return };
    busy.create(1).await;
    let sequence = fail(&busy, 1, "statement_completion_unknown").await;
    let replaced = busy.store.replace(&handle(0), Version::FIRST, &row(b"new")).await.unwrap_err();
    assert!(replaced.is_unavailable(), "{replaced}");
    assert_eq!(value(&busy, &sequence).await, 1);
}

#[tokio::test]
async fn batch_with_conflict_is_repeated_as_a_whole() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(5).await;
    let mut version = Version::FIRST;
    // The first turn prepares the statements. Only the round trips of the second turn count.
    for turn in 0..2 {
        fail(&busy, 1, "serialization_failure").await;
        busy.occupy().await;
        let before = busy.proxy.round_trips();
        let replaces: Vec<_> = (0..5)
            .map(|number| {
                let store = busy.store.clone();
                tokio::spawn(async move { store.replace(&handle(number), version, &row(b"batch")).await })
            })
            .collect();
        busy.free().await;
        version = version.next();
        for replaced in replaces {
            assert_eq!(replaced.await.unwrap(), Ok(Some(version)));
        }
        if turn > 0 {
            assert_eq!(busy.proxy.round_trips() - before, 2, "no call should run alone");
        }
    }
}
