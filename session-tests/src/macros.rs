//! Macros that generate the suites. Each `__…_properties` macro lists the properties of one suite.

/// Generates a module of tests that check a `Serializer`: see [`serializer::check`](crate::serializer::check).
///
/// The expression creates the serializer. Each test evaluates it.
///
/// ```
/// session_tests::serializer_suite!(json, session_serde::JsonSerializer);
/// # session_tests::serializer::records_round_trip(&session_serde::JsonSerializer);
/// ```
#[macro_export]
macro_rules! serializer_suite {
    ($name:ident, $serializer:expr $(,)?) => {
        $crate::__serializer_properties!(__tests, $name, serializer, &$serializer);
    };
}

/// Generates a module of tests for a serializer that keeps untouched entries byte for byte: see
/// [`serializer::check_lossless`](crate::serializer::check_lossless). Use [`serializer_suite!`] as well.
///
/// ```
/// session_tests::lossless_serializer_suite!(json_is_lossless, session_serde::JsonSerializer);
/// # session_tests::serializer::entries_keep_their_spelling(&session_serde::JsonSerializer);
/// ```
#[macro_export]
macro_rules! lossless_serializer_suite {
    ($name:ident, $serializer:expr $(,)?) => {
        $crate::__lossless_serializer_properties!(__tests, $name, serializer, &$serializer);
    };
}

/// Generates a module of tests that check an `Algorithm` and its signers: see
/// [`signer::check_algorithm`](crate::signer::check_algorithm).
///
/// The expression creates the algorithm. Each test evaluates it.
///
/// ```
/// use session_sign::MacAlgorithm;
///
/// # type Hmac = hmac::Hmac<sha2::Sha256>;
/// session_tests::signer_suite!(hmac_sha256, MacAlgorithm::<Hmac>::new());
/// # session_tests::signer::signs_the_same_way_each_time(&MacAlgorithm::<Hmac>::new());
/// ```
#[macro_export]
macro_rules! signer_suite {
    ($name:ident, $algorithm:expr $(,)?) => {
        $crate::__signer_properties!(__tests, $name, signer, &$algorithm);
    };
}

/// Generates a module of tests that check a `Session`: see [`session::check`](crate::session::check).
///
/// The expression is a function or closure that creates a [`Harness`](crate::session::Harness) from
/// [`Settings`](crate::session::Settings). The module [`session`](mod@crate::session) has a complete example.
#[macro_export]
macro_rules! session_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::__session_properties!(__tests, $name, session, $make);
    };
}

/// Generates a module of tests that check a `Store`: see [`store::check`](crate::store::check).
///
/// The expression is an async function or closure that creates a [`Harness`](crate::store::Harness), or an `Option` of
/// one: with `None`, the tests pass without testing a store. The module [`store`](mod@crate::store) has a complete
/// example.
#[macro_export]
macro_rules! store_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::__store_properties!(__tests, $name, store, $make);
    };
}

/// Generates a module of tests that check a writer of `Set-Cookie` lines: see [`cookie::check`](crate::cookie::check).
///
/// The expression is a function or closure that takes a [`Cookie`](crate::cookie::Cookie) and returns the line or an
/// error. The module [`cookie`](mod@crate::cookie) has a complete example.
#[macro_export]
macro_rules! cookie_suite {
    ($name:ident, $write:expr $(,)?) => {
        $crate::__cookie_properties!(__tests, $name, cookie, $write);
    };
}

/// Generates a module of tests for a serializer that signs or encrypts: see
/// [`protected::check`](crate::protected::check). Use [`serializer_suite!`] as well.
///
/// The expression is a function or closure that creates the serializer from [`Keys`](crate::protected::Keys). The
/// module [`protected`](mod@crate::protected) has a complete example.
#[macro_export]
macro_rules! protected_serializer_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::__protected_properties!(__tests, $name, protected, $make);
    };
}

/// Generates a module of tests for a serializer that encrypts: see [`encrypted::check`](crate::encrypted::check). Use
/// [`protected_serializer_suite!`] as well.
///
/// The expression is a function or closure that creates the serializer from [`Keys`](crate::protected::Keys). The
/// module [`encrypted`](mod@crate::encrypted) has a complete example.
#[macro_export]
macro_rules! encrypted_serializer_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::__encrypted_properties!(__tests, $name, encrypted, $make);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __serializer_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            values_round_trip
            records_round_trip
            records_are_appended
            records_are_plain_values
            unrepresentable_values_are_refused
            maps_keep_their_keys
            deep_or_large_records_round_trip_or_fail
            trailing_bytes_are_refused_or_ignored
            truncated_records_are_refused
            other_values_are_refused
            damaged_bytes_never_panic
            random_bytes_never_panic
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __lossless_serializer_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            entries_keep_their_spelling
            untouched_entries_stay
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __signer_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            signs_the_same_way_each_time
            refuses_every_flipped_bit
            refuses_truncated_or_extended
            refuses_the_tag_of_another_message
            signs_messages_of_any_length
            refuses_another_key
            key_rings_rotate
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __session_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            with_the_defaults
            with_a_reissue_time
            with_fractions_of_seconds
            without_a_timeout
            without_a_reissue_time
            without_timeout_and_reissue_time
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __store_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            created_rows_load
            create_keeps_existing_row
            replace_changes_row_and_version
            replace_of_old_version_changes_nothing
            missing_rows_stay_missing
            deleted_rows_stay_deleted
            expired_rows_stay_gone
            touch_keeps_version_and_contents
            rows_exist_until_their_end
            replace_and_touch_move_end
            delete_compares_version
            owners_list_their_sessions
            owners_are_compared_as_bytes
            owner_follows_replace
            delete_by_owner_deletes_no_other_rows
            lists_drop_deleted_and_expired_rows
            labels_round_trip
            data_is_binary_safe
            handles_are_compared_whole
            times_round_trip_exactly
            sweep_keeps_live_rows
            random_calls_match_model
            deletions_reach_expired_rows
            concurrent_replaces_lose_nothing
            concurrent_creates_have_one_winner
            deletion_ends_concurrent_writes
            version_is_replaced_or_deleted
            version_is_replaced_once
            concurrent_deletions_count_each_row_once
            delete_by_owner_reaches_renewed_sessions
            lists_are_right_after_concurrent_changes
            concurrent_sweeps_keep_live_rows
            dropped_calls_leave_store_usable
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __protected_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            changed_bytes_are_refused
            other_keys_are_refused
            the_salt_is_part_of_the_key
            keys_rotate
            only_signed_bytes_are_reported_as_verified
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __encrypted_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            contents_are_hidden
            equal_records_look_different
            key_streams_do_not_repeat
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __cookie_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            writes_the_requested_cookie
            removes_the_cookie
            supports_partitioned_cookies
            refuses_invalid_cookies
        }
    };
}

/// Generates a module with a test for each property.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ($name:ident, $suite:ident, $subject:expr; $($property:ident)*) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[test]
                fn $property() {
                    $crate::$suite::$property($subject);
                }
            )*
        }
    };
}

/// Runs all properties, one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __all {
    ($suite:ident, $subject:expr; $($property:ident)*) => {
        $( $crate::$suite::$property($subject); )*
    };
}
