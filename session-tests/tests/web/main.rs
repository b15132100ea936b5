//! One application on axum and on actix-web, and one table of scenarios for both, over HTTP.

mod actix_app;
mod app;
mod axum_app;
mod caches;
mod client;
mod csrf_form;
mod csrf_origin;
mod csrf_token;
mod failures;
mod flash;
mod handlers;
mod headers;
mod late;
mod life;
mod log;
#[path = "../missing/mod.rs"]
mod missing;
mod named;
mod nginx;
mod site;
mod too_large;
mod typed;

/// A test for each scenario on each framework.
macro_rules! scenarios {
    (
        both { $($both:tt)* }
        axum { $($axum:tt)* }
        actix { $($actix:tt)* }
    ) => {
        mod axum {
            tests! { crate::axum_app::start(); $($both)* $($axum)* }
        }

        mod actix {
            tests! { crate::actix_app::start(); $($both)* $($actix)* }
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
            untouched_adds_no_header,
            a_read_varies_by_cookie,
            vary_is_merged,
            a_write_sends_one_cookie_beside_those_of_the_application,
            a_cookie_comes_with_cache_control,
            cookie_of_a_public_page_is_kept_from_shared_caches,
            every_kind_of_response_takes_the_cookie,
            all_attributes_are_sent_and_sent_again_to_remove,
        }
        caches {
            caching_nginx_gives_no_visitor_the_cookie_of_another,
            caching_nginx_keeps_the_pages_of_sessions_apart,
        }
        life {
            the_value_goes_round,
            a_new_session_that_is_only_looked_at_gets_no_cookie,
            a_read_sends_the_cookie_anew_after_the_reissue_time,
            an_expired_session_is_a_new_one,
            a_forged_cookie_is_rejected,
            other_cookies_do_not_matter,
            an_invalidated_session_is_removed,
            what_is_written_after_it_is_a_new_session,
            requests_on_one_connection_have_each_their_own,
        }
        handlers {
            it_is_no_error_that_there_is_none,
            a_value_can_look_into_its_session,
            all_extractors_and_clones_are_one_session,
            middleware_and_handler_have_one_session,
            the_session_stands_beside_the_state,
            nested_routes_have_the_session_of_the_layer_around_them,
            a_missing_value_can_be_a_404,
            an_error_of_the_session_is_what_the_application_makes_of_it,
            an_error_of_the_session_can_be_the_response,
            a_session_without_a_layer_is_a_500,
            an_optional_session_needs_no_layer,
        }
        failures {
            a_failure_sends_the_cookie,
            a_failure_sends_none_without_set_on_exception,
            errors_of_handlers_are_responses_by_their_status,
            a_panic_ends_only_its_connection,
        }
        too_large {
            a_session_that_is_too_large_is_a_500,
            the_application_can_say_it_in_its_own_words,
            the_response_of_the_handler_can_be_kept,
            session_only_read_that_cannot_be_reissued_is_no_500,
            session_written_that_cannot_be_saved_stays_a_500,
            csrf_token_made_in_place_of_an_empty_one_is_a_write,
        }
        named {
            each_session_has_its_own_cookie,
            the_cookie_of_another_session_is_rejected,
            two_layers_with_one_name_send_one_cookie,
            two_layers_with_one_name_are_an_error_in_the_log,
            a_cookie_of_our_name_from_the_application_stays,
            a_cookie_of_our_name_for_another_path_or_domain_is_another_one,
        }
        typed {
            a_typed_session_reads_and_writes,
            it_is_written_only_if_it_is_changed,
            what_the_type_does_not_know_stays,
            a_session_that_is_no_such_type_is_an_error,
        }
        late {
            a_streamed_body_is_too_late_for_the_cookie,
            a_web_socket_is_too_late_for_the_cookie,
            a_first_look_is_too_late_for_vary,
        }
        csrf_token {
            safe_methods_need_no_token,
            all_other_methods_need_it,
            the_header_has_the_token,
            the_form_has_the_token_and_the_handler_the_form,
            a_wrong_token_is_refused,
            a_request_without_a_session_has_no_token,
            an_empty_token_in_the_session_never_passes,
            the_query_never_counts,
            only_a_form_is_read_for_the_token,
            a_page_has_the_one_token_of_its_session,
            each_session_has_its_own_token,
        }
        csrf_form {
            a_form_that_checks_does_so_for_every_method,
            a_form_is_not_read_for_a_session_without_a_token,
            an_exempt_path_is_not_asked,
            a_path_that_may_mean_another_one_is_not_exempt,
            a_form_on_an_exempt_path_checks_itself,
            a_form_without_a_layer_checks_itself,
            form_without_a_layer_goes_by_the_policy_of_the_application,
            a_form_that_is_not_what_was_asked_for_is_a_422,
            a_form_that_is_too_long_is_a_413,
            the_application_can_answer_what_is_refused,
            a_csrf_layer_without_a_session_is_a_500,
        }
        csrf_origin {
            on_https_the_origin_has_to_be_ours,
            the_log_names_both_hosts,
            an_origin_that_is_no_text_is_not_missing,
            the_referer_stands_in_for_the_origin,
            the_origin_is_compared_with_the_port,
            the_token_is_asked_for_all_the_same,
            what_says_that_it_is_https,
            foreign_origin_is_refused_on_http,
            request_from_another_site_is_refused_on_either_scheme,
            own_host_on_port_80_is_the_default_on_https,
            other_hosts_can_be_trusted,
            no_origin_can_be_allowed,
        }
        flash {
            messages_are_shown_once_the_most_serious_first,
            messages_of_python_are_shown,
            a_page_without_messages_changes_nothing,
            flash_message_that_cannot_be_decoded_is_shown_once,
            flash_queue_that_is_not_a_list_is_shown_once,
        }
    }
    axum {
        failures {
            a_panic_that_is_caught_is_a_failure,
            a_panic_that_is_caught_outside_saves_nothing,
        }
    }
    actix {
        failures {
            an_error_of_a_middleware_saves_nothing,
            change_that_is_too_large_is_logged_when_a_middleware_fails,
        }
        csrf_form {
            form_without_a_layer_finds_the_policy_in_data,
        }
    }
}
