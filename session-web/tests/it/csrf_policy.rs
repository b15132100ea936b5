//! The exempt paths that `CsrfPolicyBuilder::build` accepts and refuses.

use session_web::CsrfPolicy;

fn refusal(exempt: &str) -> String {
    CsrfPolicy::builder().exempt("/hooks/").exempt(exempt).build().unwrap_err().to_string()
}

#[test]
fn exempt_slash_is_refused() {
    assert_eq!(
        refusal("/"),
        r#"exempt: "/" exempts every page; name the paths that need no token, or omit the CsrfLayer"#
    );
}

#[test]
fn exempt_path_that_is_not_plain_is_refused() {
    for path in
        ["", "hooks/", "//", "/./", "/../", "/a/..", "/a/..;b/", "/hooks/*", "/a?b", "/a#b", "/%2f", "/\\"]
    {
        assert!(refusal(path).contains("is not a plain path"), "{path:?}");
    }
}

/// Regression: `build` accepted these paths. They matched no request, because a browser never sends such characters. It
/// sends a space as `%20`, for example, and `ö` as `%C3%B6`.
#[test]
fn exempt_path_beyond_visible_ascii_is_refused() {
    for path in ["/my hook", "/a\nb", "/h\u{f6}\u{f6}ks"] {
        assert!(refusal(path).contains("use only visible ASCII"), "{path:?}");
    }
}

/// Regression: `build` refused every exempt path with a segment that begins with a dot.
#[test]
fn exempt_segment_may_begin_with_dot() {
    for path in ["/.well-known/", "/.well-known/hook", "/hooks/...a"] {
        assert!(CsrfPolicy::builder().exempt(path).build().is_ok(), "{path:?}");
    }
}
