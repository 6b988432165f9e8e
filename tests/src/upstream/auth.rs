//! Who may read what: Basic for files and registries, and a token service for
//! registries, both as the real ones do it.

use super::asked::Asked;
use axum::http::header;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::collections::BTreeMap;

/// Where the token service is.
pub(crate) const TOKEN_PATH: &str = "/token";

/// How a part of the server is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// User and password with each request.
    Basic(String, String),
    /// A token with each request, which the token service gives to this user and
    /// password.
    Bearer(String, String),
    /// A token with each request, which the token service gives to everybody.
    Anonymous,
}

/// The rules, by the prefix of the path, and the tokens that were given.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    rules: BTreeMap<String, Access>,
    /// Each token with the repository it opens.
    tokens: BTreeMap<String, String>,
    given: usize,
}

impl Gate {
    pub(crate) fn require(&mut self, prefix: &str, access: Access) {
        self.rules.insert(prefix.to_owned(), access);
    }

    /// Tokens given so far open nothing any more.
    pub(crate) fn expire_tokens(&mut self) {
        self.tokens.clear();
    }

    /// None when the request may pass, else the `WWW-Authenticate` to answer.
    pub(crate) fn challenge(&self, asked: &Asked, origin: &str) -> Option<String> {
        let access = self.rule(&asked.path)?;
        let open = match access {
            Access::Basic(user, password) => shows(asked, user, password),
            Access::Bearer(..) | Access::Anonymous => self.shows_token(asked),
        };
        (!open).then(|| match access {
            Access::Basic(..) => "Basic realm=\"upstream\"".to_owned(),
            Access::Bearer(..) | Access::Anonymous => bearer_challenge(&asked.path, origin),
        })
    }

    /// A token for the scope of this request, or none when the user is not known.
    pub(crate) fn token(&mut self, asked: &Asked) -> Option<String> {
        let scopes = asked.parameters("scope");
        let repository = scopes.first().and_then(|scope| repository_of_scope(scope)).unwrap_or("");
        let known = match self.rule(&format!("/v2/{repository}/")) {
            Some(Access::Bearer(user, password)) => shows(asked, user, password),
            _ => true,
        };
        known.then(|| self.give(repository.to_owned()))
    }

    fn give(&mut self, repository: String) -> String {
        self.given += 1;
        let token = format!("token-{}", self.given);
        self.tokens.insert(token.clone(), repository);
        token
    }

    /// The rule with the longest prefix. `/v2/` itself follows any rule of the
    /// registry, because clients learn there how to sign in.
    fn rule(&self, path: &str) -> Option<&Access> {
        let mut rules = self.rules.iter().rev();
        match path {
            "/v2/" => rules.find(|(prefix, _)| prefix.starts_with("/v2/")),
            _ => rules.find(|(prefix, _)| path.starts_with(prefix.as_str())),
        }
        .map(|(_, access)| access)
    }

    fn shows_token(&self, asked: &Asked) -> bool {
        let text = asked.header(&header::AUTHORIZATION).unwrap_or("");
        let token = text.strip_prefix("Bearer ").and_then(|token| self.tokens.get(token));
        token.is_some_and(|repository| {
            asked.path == "/v2/" || repository_of_path(&asked.path) == Some(repository.as_str())
        })
    }
}

fn shows(asked: &Asked, user: &str, password: &str) -> bool {
    let right = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    asked.header(&header::AUTHORIZATION) == Some(right.as_str())
}

fn bearer_challenge(path: &str, origin: &str) -> String {
    let realm = format!("Bearer realm=\"{origin}{TOKEN_PATH}\",service=\"upstream\"");
    match repository_of_path(path) {
        Some(repository) => format!("{realm},scope=\"repository:{repository}:pull\""),
        None => realm,
    }
}

fn repository_of_scope(scope: &str) -> Option<&str> {
    scope.strip_prefix("repository:")?.strip_suffix(":pull")
}

fn repository_of_path(path: &str) -> Option<&str> {
    let (rest, _) = path.strip_prefix("/v2/")?.rsplit_once('/')?;
    rest.rsplit_once('/').map(|(repository, _)| repository)
}
