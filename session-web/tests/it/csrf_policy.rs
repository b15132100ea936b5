//! Policies that `build()` refuses.

use session_web::CsrfPolicy;

fn refusal(exempt: &str) -> String {
    CsrfPolicy::builder().exempt("/hooks/").exempt(exempt).build().unwrap_err().to_string()
}

#[test]
fn exempting_slash_is_refused() {
    assert_eq!(
        refusal("/"),
        r#"exempt: "/" would exempt every page; name the paths that need no token, or leave out the CsrfLayer"#
    );
}

#[test]
fn exempt_path_that_would_never_match_is_refused() {
    for path in ["", "hooks/", "//", "/./", "/../", "/hooks/*", "/a?b", "/a#b", "/%2f", "/\\"] {
        assert!(refusal(path).contains("is no plain path"), "{path:?}");
    }
}
