//! `WWW-Authenticate`: how a registry wants to be logged in at.

use axum::http::{HeaderMap, header};

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token of a service.
    Bearer {
        /// The service's address.
        realm: String,
        /// What the registry is called there.
        service: Option<String>,
    },
}

/// The strongest challenge that we know; tokens before passwords.
pub(crate) fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let values = headers.get_all(header::WWW_AUTHENTICATE).iter();
    let all: Vec<_> = values.filter_map(|value| value.to_str().ok()).flat_map(parse).collect();
    let bearer = all.iter().find(|one| matches!(one, Challenge::Bearer { .. }));
    bearer.or(all.first()).cloned()
}

/// Every challenge of one header that we know.
fn parse(text: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    for (scheme, fields) in schemes(&tokens(text)) {
        let field = |name: &str| {
            let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
            fields.iter().find(same).map(|(_, value)| value.clone())
        };
        if scheme.eq_ignore_ascii_case("basic") {
            found.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = field("realm")
        {
            found.push(Challenge::Bearer { realm, service: field("service") });
        }
    }
    found
}

type Fields = Vec<(String, String)>;

/// A word with nothing behind it begins a scheme, `key=value` belongs to the last.
fn schemes(tokens: &[(String, Option<String>)]) -> Vec<(String, Fields)> {
    let mut schemes: Vec<(String, Fields)> = Vec::new();
    for (word, value) in tokens {
        match (value, schemes.last_mut()) {
            (None, _) => schemes.push((word.clone(), Vec::new())),
            (Some(value), Some((_, fields))) => fields.push((word.clone(), value.clone())),
            (Some(_), None) => {}
        }
    }
    schemes
}

/// Words, each with what stands behind its `=`, quoted or not.
fn tokens(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find(['=', ' ', ',', '\t']).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        let value;
        (value, rest) = match rest[end..].strip_prefix('=') {
            Some(after) => {
                let (value, after) = value_of(after);
                (Some(value), after)
            }
            None => (None, &rest[end..]),
        };
        found.push((word, value));
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    found
}

/// A value, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', ',', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (value, &quoted[at + 1..]),
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap());
        }
        challenge(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn what_registries_send_is_understood() {
        let harbor = r#"Bearer realm="https://h.site/service/token",service="harbor-registry""#;
        assert_eq!(
            read(&[harbor]),
            Some(bearer("https://h.site/service/token", Some("harbor-registry")))
        );
        let scoped = r#"Bearer realm="https://a/t", scope="repository:x:pull,push", error="x""#;
        assert_eq!(read(&[scoped]), Some(bearer("https://a/t", None)));
        assert_eq!(read(&[r#"Basic realm="Registry Realm""#]), Some(Challenge::Basic));
        assert_eq!(read(&["basic"]), Some(Challenge::Basic));
    }

    #[test]
    fn a_token_is_taken_where_a_password_would_do_too() {
        let both = [r#"Basic realm="x""#, "Bearer realm=http://a/t"];
        assert_eq!(read(&both), Some(bearer("http://a/t", None)));
        assert_eq!(read(&[&both.join(", ")]), Some(bearer("http://a/t", None)));
    }

    #[test]
    fn what_we_do_not_know_is_no_challenge() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["Negotiate abc", r#"Bearer service="x""#, "=", "\"", ",,"]), None);
        assert_eq!(read(&[r#"Bearer realm="a\"b"#]), Some(bearer("a\"b", None)));
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_reader(text in "\\PC{0,60}") {
            parse(&text);
        }
    }
}
