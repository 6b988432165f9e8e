//! A request as the rest of the upstream looks at it.

use axum::http::{HeaderMap, HeaderName, Method, request::Parts};

/// What a client asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The path with `%2B` and the like resolved.
    pub(crate) path: String,
    /// What follows the `?`, as it was sent.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
}

impl Asked {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            path: decode(parts.uri.path()),
            query: parts.uri.query().map(str::to_owned),
            method: parts.method,
            headers: parts.headers,
        }
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn wants_body(&self) -> bool {
        self.method == Method::GET
    }

    /// Every value of one query parameter.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        let pairs = self.query.as_deref().unwrap_or("").split('&');
        let named = pairs.filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
        named.map(|(_, value)| decode(&value.replace('+', " "))).collect()
    }
}

/// Resolves percent escapes; what is not one stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = (*first == b'%').then(|| tail.get(..2)).flatten();
        let value = escape.and_then(|hex| std::str::from_utf8(hex).ok());
        match value.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]),
            None => (bytes.push(*first), rest = tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_stray_percent_signs_stay() {
        for (text, plain) in [("a%2Bb", "a+b"), ("a%2", "a%2"), ("%zz", "%zz"), ("%3A%2f", ":/")] {
            assert_eq!(decode(text), plain);
        }
    }
}
