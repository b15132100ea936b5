//! The suites as modules of tests. Which properties a suite has is said once, in its `__…_properties`.

/// A module of tests that check a `Serializer`: see
/// [`serializer::check`](crate::serializer::check). The expression is evaluated for each test.
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

/// A module of tests, in addition to those of [`serializer_suite!`], for a serializer that promises to leave untouched
/// entries alone: see [`serializer::check_lossless`](crate::serializer::check_lossless).
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

/// A module of tests that check an `Algorithm` and the signers that it makes: see
/// [`signer::check_algorithm`](crate::signer::check_algorithm). The expression is evaluated for each test.
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

/// A module of tests that check a `Session`: see [`session::check`](crate::session::check).
/// The expression is a function or a closure that makes a [`Harness`](crate::session::Harness) from
/// [`Settings`](crate::session::Settings); [`session`](mod@crate::session) has a whole example.
#[macro_export]
macro_rules! session_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::__session_properties!(__tests, $name, session, $make);
    };
}

/// A module of tests that check what writes `Set-Cookie` lines: see [`cookie::check`](crate::cookie::check). The
/// expression is a function or a closure from a [`Cookie`](crate::cookie::Cookie) to the line, or to the reason why there
/// is none; [`cookie`](mod@crate::cookie) has a whole example.
#[macro_export]
macro_rules! cookie_suite {
    ($name:ident, $write:expr $(,)?) => {
        $crate::__cookie_properties!(__tests, $name, cookie, $write);
    };
}

/// A module of tests, in addition to those of [`serializer_suite!`], for a serializer that lets nobody without the key
/// change what it has written: see [`protected::check`](crate::protected::check). The expression is a function or a
/// closure that makes the serializer from [`Keys`](crate::protected::Keys); [`protected`](mod@crate::protected) has a
/// whole example.
#[macro_export]
macro_rules! protected_serializer_suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::__protected_properties!(__tests, $name, protected, $make);
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
            what_does_not_fit_is_refused
            maps_keep_their_keys
            size_and_depth_are_no_trap
            nothing_may_follow
            nothing_may_be_missing
            what_is_no_record_is_refused
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
            refuses_what_is_cut_off_or_added
            refuses_the_tag_of_another_message
            takes_messages_of_any_length
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
            without_either
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __protected_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            no_change_goes_unnoticed
            other_keys_are_refused
            the_salt_is_part_of_the_key
            keys_rotate
            only_what_bears_a_signature_is_called_verified
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __cookie_properties {
    ($then:ident, $($with:tt)*) => {
        $crate::$then! { $($with)*;
            writes_what_it_is_asked_for
            removes_what_it_has_set
            knows_partitioned_cookies
            refuses_what_would_be_misread
        }
    };
}

/// A module with a test for each property.
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

/// All properties, one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __all {
    ($suite:ident, $subject:expr; $($property:ident)*) => {
        $( $crate::$suite::$property($subject); )*
    };
}
