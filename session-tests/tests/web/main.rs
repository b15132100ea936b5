//! Runs the same scenarios over HTTP on two versions of one application: on axum and on actix-web.

mod actix_app;
mod app;
mod axum_app;
mod caches;
mod caching_nginx;
mod client;
mod csrf_form;
mod csrf_origin;
mod csrf_token;
mod failures;
mod flash;
mod handlers;
mod headers;
mod jar;
mod late;
mod lifecycle;
mod log;
mod named;
#[path = "../nginx/mod.rs"]
mod nginx;
mod proxies;
mod rejection_hook;
#[path = "../serving/mod.rs"]
mod serving;
mod sessions;
mod site;
mod slow_store;
mod store;
mod too_large;
mod typed;

/// Generates a test for each scenario, framework and kind of session. There are four kinds: signed cookies, encrypted
/// cookies, a store, and revocable cookies, whose sessions a store can end.
///
/// | list | frameworks | kinds of session |
/// |---|---|---|
/// | `both` | axum, actix-web | signed cookies, encrypted cookies, a store |
/// | `cookies` | axum, actix-web | signed cookies, encrypted cookies |
/// | `store` | axum, actix-web | a store |
/// | `axum` | axum | signed cookies, encrypted cookies, a store |
/// | `actix` | actix-web | signed cookies, encrypted cookies, a store |
/// | `revocable` | axum, actix-web | revocable cookies |
macro_rules! scenarios {
    (
        both { $($both:tt)* }
        cookies { $($cookies:tt)* }
        store { $($store:tt)* }
        axum { $($axum:tt)* }
        actix { $($actix:tt)* }
        revocable { $($revocable:tt)* }
    ) => {
        mod axum {
            tests! { crate::axum_app::start(crate::sessions::signed); $($both)* $($cookies)* $($axum)* }
        }

        mod actix {
            tests! { crate::actix_app::start(crate::sessions::signed); $($both)* $($cookies)* $($actix)* }
        }

        mod axum_encrypted {
            tests! { crate::axum_app::start(crate::sessions::encrypted); $($both)* $($cookies)* $($axum)* }
        }

        mod actix_encrypted {
            tests! { crate::actix_app::start(crate::sessions::encrypted); $($both)* $($cookies)* $($actix)* }
        }

        mod axum_store {
            tests! { crate::axum_app::start(crate::sessions::stored); $($both)* $($store)* $($axum)* }
        }

        mod actix_store {
            tests! { crate::actix_app::start(crate::sessions::stored); $($both)* $($store)* $($actix)* }
        }

        mod axum_revocable {
            tests! { crate::axum_app::start(crate::sessions::revocable); $($revocable)* }
        }

        mod actix_revocable {
            tests! { crate::actix_app::start(crate::sessions::revocable); $($revocable)* }
        }
    };
}

macro_rules! tests {
    ($site:expr; $($topic:ident { $($scenario:ident,)* })*) => {
        $($(
            #[test]
            fn $scenario() {
                crate::$topic::$scenario(&$site);
            }
        )*)*
    };
}

scenarios! {
    both {
        headers {
            unused_session_adds_no_header,
            read_session_adds_vary_only,
            vary_is_merged,
            changed_session_sends_one_cookie_beside_application_cookies,
            cookie_adds_cache_control,
            public_page_with_cookie_becomes_private,
            every_kind_of_response_carries_cookie,
            removal_repeats_all_attributes,
        }
        caches {
            caching_nginx_never_shares_session_cookie,
            caching_nginx_separates_pages_by_session,
        }
        proxies {
            nginx_passes_headers_with_two_full_cookies,
        }
        lifecycle {
            value_survives_round_trip,
            reading_new_session_sets_no_cookie,
            read_after_reissue_time_extends_session,
            expired_cookie_starts_new_session,
            forged_cookie_is_rejected,
            other_cookies_are_ignored,
            invalidated_session_removes_cookie,
            write_after_invalidate_starts_new_session,
            requests_on_one_connection_have_separate_sessions,
        }
        handlers {
            missing_optional_session_logs_nothing,
            serialize_can_use_session,
            extractors_and_clones_share_one_session,
            middleware_and_handler_share_one_session,
            handler_gets_session_and_state,
            nested_routes_use_session_of_outer_layer,
            missing_value_can_return_404,
            session_error_converts_to_application_error,
            session_error_as_response_returns_500,
            session_without_layer_returns_500,
            optional_session_needs_no_layer,
        }
        failures {
            server_error_sends_cookie,
            server_error_sends_no_cookie_without_set_on_exception,
            status_decides_whether_handler_error_saves_session,
            panic_ends_only_its_connection,
        }
        too_large {
            too_large_session_returns_500,
            on_save_error_replaces_response,
            on_save_error_can_keep_response,
            failed_outer_save_sends_inner_cookie,
            failed_save_of_change_returns_500,
            replacing_empty_csrf_token_is_a_change,
        }
        named {
            named_sessions_have_separate_cookies,
            cookie_of_another_session_is_rejected,
            two_layers_with_same_name_send_one_cookie,
            two_layers_with_same_name_log_error,
            application_cookie_with_same_name_replaces_session_cookie,
            application_cookie_with_same_name_and_other_path_is_sent_too,
        }
        typed {
            typed_session_reads_and_writes,
            unchanged_typed_session_is_not_written,
            entries_that_are_not_fields_of_the_type_stay,
            session_of_wrong_type_returns_error,
        }
        late {
            change_in_streamed_body_is_lost,
            change_in_web_socket_is_lost,
            first_read_in_body_logs_missing_vary,
        }
        csrf_token {
            safe_methods_need_no_token,
            unsafe_methods_need_token,
            token_in_header_passes,
            token_in_form_passes_and_handler_gets_form,
            wrong_token_is_refused,
            request_without_session_is_refused,
            empty_token_in_session_never_passes,
            token_in_query_is_ignored,
            token_in_other_content_type_is_ignored,
            page_shows_token_of_session,
            named_sessions_have_separate_tokens,
        }
        csrf_form {
            csrf_form_checks_every_method,
            form_is_not_read_without_token_in_session,
            exempt_path_needs_no_token,
            ambiguous_path_is_not_exempt,
            csrf_form_on_exempt_path_checks_token,
            csrf_form_without_layer_checks_token,
            csrf_form_without_layer_uses_application_policy,
            form_with_invalid_fields_returns_422,
            body_of_other_content_type_returns_415,
            form_over_limit_returns_413,
            on_refusal_replaces_response,
            csrf_layer_without_session_layer_returns_500,
        }
        csrf_origin {
            foreign_origin_is_refused_on_https,
            refused_origin_logs_both_hosts,
            non_utf8_origin_counts_as_present,
            referer_replaces_missing_origin,
            origin_is_compared_with_port,
            own_origin_still_needs_token,
            https_is_detected_from_forwarded_proto_or_target,
            foreign_origin_is_refused_on_http,
            cross_site_request_is_refused_on_either_scheme,
            own_host_on_port_80_passes_on_https,
            trusted_host_passes,
            missing_origin_can_be_allowed,
        }
        flash {
            messages_are_shown_once_by_severity,
            messages_of_python_are_shown,
            page_without_messages_changes_nothing,
            undecodable_flash_message_is_shown_once,
            flash_queue_that_is_not_a_list_is_shown_once,
        }
    }
    cookies {
        // With a store, the session keeps its cookie, so no new one is sent.
        lifecycle {
            read_after_reissue_time_sends_new_cookie,
        }
        // With a store, reading a session writes only the time of the access, which cannot exceed the size limit.
        too_large {
            failed_reissue_keeps_response,
        }
        rejection_hook {
            hook_is_called_for_unused_session,
        }
    }
    store {
        store {
            copied_cookie_of_ended_session_is_rejected,
            unreachable_store_returns_503_until_it_is_back,
            unreachable_store_affects_only_requests_that_need_it,
            failed_touch_keeps_response,
        }
        rejection_hook {
            hook_is_called_only_for_extracted_session,
        }
    }
    axum {
        failures {
            panic_caught_inside_layer_sends_cookie,
            panic_caught_outside_layer_saves_nothing,
        }
    }
    actix {
        failures {
            middleware_error_saves_nothing,
            unsavable_change_is_logged_on_middleware_error,
            read_session_is_not_logged_on_middleware_error,
        }
        csrf_form {
            csrf_form_without_layer_uses_policy_in_actix_data,
        }
    }
    revocable {
        lifecycle {
            value_survives_round_trip,
        }
        rejection_hook {
            hook_is_called_only_for_extracted_session,
        }
    }
}
