//! Tokens of the service that a registry names.

use super::gate::{Gate, Scope};
use crate::push::{
    error::PushError,
    http::{Pool, Progress},
};
use axum::{
    body::Body,
    http::{HeaderValue, Request, Uri, header},
};
use serde::Deserialize;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Path and query of a request for a token.
pub(super) fn address(realm: &Uri, service: Option<&str>, scope: &Scope) -> String {
    let (path, before) = (realm.path(), realm.query().unwrap_or(""));
    let mut fields: Vec<String> = Vec::new();
    if !before.is_empty() {
        fields.push(before.to_owned());
    }
    fields.extend(service.map(|service| format!("service={}", escaped(service))));
    if !scope.repository.is_empty() {
        let wanted = format!("repository:{}:pull,push", scope.repository);
        fields.push(format!("scope={}", escaped(&wanted)));
    }
    let from = scope.from.as_ref().map(|from| format!("repository:{from}:pull"));
    fields.extend(from.map(|from| format!("scope={}", escaped(&from))));
    match fields.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", fields.join("&")),
    }
}

/// Asks for a token and gives it as it is sent.
pub(super) async fn ask(
    gate: &Gate,
    pool: &Pool,
    address: &str,
    password: Option<HeaderValue>,
) -> Result<HeaderValue, PushError> {
    let host = pool.place.authority.to_string();
    let mut request = Request::get(address);
    if let Some(password) = password {
        request = request.header(header::AUTHORIZATION, password);
    }
    let missing = |missing| PushError::Answer {
        host: host.clone(),
        what: "the request for a token".to_owned(),
        missing,
    };
    let request = request.body(Body::empty()).map_err(|_malformed| missing("a usable realm"))?;
    let answer = pool.send(request, &Progress::new(), PATIENCE).await?;
    if matches!(answer.status.as_u16(), 401 | 403) {
        return Err(gate.refused(host, answer.said()));
    }
    if !answer.status.is_success() {
        let (what, status) = ("the request for a token".to_owned(), answer.status.as_u16());
        return Err(PushError::Refused { host, what, status, said: answer.said() });
    }
    let token: Option<Token> = serde_json::from_slice(&answer.body).ok();
    let token = token.and_then(|token| token.token.or(token.access_token));
    let value = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    let mut value = value.ok_or_else(|| missing("a token"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A text as it stands in a query.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:,".contains(&b);
    let escape = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for_one_repository_and_what_is_mounted() {
        let realm = Uri::from_static("https://h.site/service/token");
        let scope = Scope { repository: "k8s/a".into(), from: Some("k8s/b".into()) };
        assert_eq!(
            address(&realm, Some("harbor registry"), &scope),
            "/service/token?service=harbor%20registry&scope=repository:k8s/a:pull,push&scope=repository:k8s/b:pull"
        );
        assert_eq!(address(&realm, None, &Scope::default()), "/service/token");
        let realm = Uri::from_static("https://h.site/token?a=b");
        assert_eq!(address(&realm, Some("s"), &Scope::default()), "/token?a=b&service=s");
    }
}
