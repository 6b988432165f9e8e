//! Where a redirect may lead.

use super::{HttpError, request::readable};
use url::Url;

/// The next URL, without credentials. From https to http only below a mirror
/// that the operator chose.
pub(super) fn next(from: &Url, location: Option<&str>, mirrored: bool) -> Result<Url, HttpError> {
    let wrong = |what: String| HttpError::Redirect { url: readable(from), what };
    let location = location.ok_or_else(|| wrong("redirects without saying where".into()))?;
    let mut to = from
        .join(location)
        .map_err(|error| wrong(format!("redirects to something that is no URL: {error}")))?;
    // Only URLs that cannot have a host refuse this, and those are refused below.
    let _ = (to.set_username(""), to.set_password(None));
    match (from.scheme(), to.scheme()) {
        ("http", "http" | "https") | ("https", "https") => Ok(to),
        ("https", "http") if mirrored => Ok(to),
        _ => Err(wrong(format!("redirects from https to `{}`", readable(&to)))),
    }
}

/// Whether credentials for one URL may be sent to the other.
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(from: &str, to: &str, mirrored: bool) -> Result<String, String> {
        next(&from.parse().unwrap(), Some(to), mirrored)
            .map(String::from)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_redirect_may_be_relative_and_loses_credentials() {
        assert_eq!(follow("https://a/x/y", "../z", false).unwrap(), "https://a/z");
        assert_eq!(follow("http://a/", "https://u:p@b/z", false).unwrap(), "https://b/z");
    }

    #[test]
    fn https_leads_to_http_only_below_a_mirror() {
        let error = follow("https://a/", "http://b/?secret", false).unwrap_err();
        assert_eq!(error, "`https://a/` redirects from https to `http://b/?…`");
        assert!(follow("https://a/", "http://b/", true).is_ok());
        assert!(follow("https://a/", "file:///etc/passwd", true).is_err());
    }
}
