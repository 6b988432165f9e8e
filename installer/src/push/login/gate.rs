//! What gets a request past a registry's gate: nothing, a password, or a token
//! for the repository. A password goes to the registry and to the token service
//! that the operator knows of, and never in the open; nor does a token that it buys.

use super::{
    challenge::{Challenge, challenge},
    files::Login,
    token,
};
use crate::push::{
    error::{PushError, Said},
    http::{Answer, Place, Pool},
    target,
};
use axum::http::{HeaderValue, Uri, uri::Authority};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::collections::HashMap;
use tokio::sync::Mutex;

/// What a request wants to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Scope {
    /// The repository that is read and written; empty for `/v2/`.
    pub(crate) repository: String,
    /// One that a blob is mounted from.
    pub(crate) from: Option<String>,
}

/// The way past the gate.
#[derive(Debug)]
pub(crate) struct Gate {
    registry: Place,
    login: Option<Login>,
    token_hosts: Vec<Authority>,
    login_over_http: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    challenge: Option<Challenge>,
    /// What worked last, by scope.
    known: HashMap<Scope, HeaderValue>,
}

impl Gate {
    pub(crate) fn new(
        registry: Place,
        login: Option<Login>,
        token_hosts: Vec<Authority>,
        login_over_http: bool,
    ) -> Self {
        Self { registry, login, token_hosts, login_over_http, state: Mutex::default() }
    }

    pub(crate) fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// Who we are, for messages.
    pub(crate) fn who(&self) -> String {
        match &self.login {
            Some(login) => format!("user `{}`", login.user),
            None => "whoever has no login".to_owned(),
        }
    }

    /// The refusal of `host` to let us in.
    pub(crate) fn refused(&self, host: String, said: Said) -> PushError {
        match &self.login {
            Some(_) => PushError::WrongLogin { host, who: self.who(), said },
            None => PushError::NoLogin { host, said },
        }
    }

    /// What to send with the first try.
    pub(crate) async fn pass(&self, scope: &Scope) -> Result<Option<HeaderValue>, PushError> {
        let mut state = self.state.lock().await;
        if let Some(known) = state.known.get(scope) {
            return Ok(Some(known.clone()));
        }
        let Some(challenge) = state.challenge.clone() else { return Ok(None) };
        self.renew(&mut state, &challenge, scope).await
    }

    /// What to send after `refused` was not enough; none when nothing else is left.
    pub(crate) async fn again(
        &self,
        scope: &Scope,
        refused: Option<&HeaderValue>,
        answer: &Answer,
    ) -> Result<Option<HeaderValue>, PushError> {
        let mut state = self.state.lock().await;
        if let Some(known) = state.known.get(scope).filter(|known| Some(*known) != refused) {
            // Another task has asked while we waited.
            return Ok(Some(known.clone()));
        }
        let Some(challenge) = challenge(&answer.headers) else { return Ok(None) };
        state.challenge = Some(challenge.clone());
        let renewed = self.renew(&mut state, &challenge, scope).await?;
        Ok(renewed.filter(|renewed| Some(renewed) != refused))
    }

    async fn renew(
        &self,
        state: &mut State,
        challenge: &Challenge,
        scope: &Scope,
    ) -> Result<Option<HeaderValue>, PushError> {
        let pass = match challenge {
            Challenge::Basic => self.password(&self.registry)?,
            Challenge::Bearer { realm, service } => {
                self.check_token()?;
                let (place, uri) = self.token_service(realm)?;
                let password = self.password(&place)?;
                let uri = token::address(&uri, service.as_deref(), scope);
                Some(token::ask(self, &Pool::new(place), &uri, password).await?)
            }
        };
        if let Some(pass) = &pass {
            state.known.insert(scope.clone(), pass.clone());
        }
        Ok(pass)
    }

    /// Whether the token of a login may go to the registry: whoever reads it can push
    /// as well as we. One that everybody gets may be read.
    fn check_token(&self) -> Result<(), PushError> {
        match self.login.is_none() || self.may_read_logins(&self.registry) {
            true => Ok(()),
            false => Err(PushError::TokenInTheOpen { host: self.registry.authority.to_string() }),
        }
    }

    /// Whether what stands for a login may be sent there.
    fn may_read_logins(&self, place: &Place) -> bool {
        place.is_private() || self.login_over_http
    }

    /// The password, for a place where it may be sent.
    fn password(&self, place: &Place) -> Result<Option<HeaderValue>, PushError> {
        let Some(Login { user, password }) = &self.login else { return Ok(None) };
        if !self.may_read_logins(place) {
            return Err(PushError::PasswordInTheOpen { host: place.authority.to_string() });
        }
        let text = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        let mut value = HeaderValue::from_str(&text).expect("base64 is visible ASCII");
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// The token service, if it may be talked to.
    fn token_service(&self, realm: &str) -> Result<(Place, Uri), PushError> {
        let refused = |host: &str| PushError::TokenHost {
            registry: self.registry.authority.to_string(),
            realm: host.to_owned(),
        };
        let uri: Uri = realm.parse().map_err(|_not_an_address| refused(realm))?;
        let authority = uri.authority().and_then(|found| target::authority(found.as_str()));
        let authority = authority.ok_or_else(|| refused(realm))?;
        let plain = uri.scheme_str() == Some("http");
        let authorities = self.registry.authorities.clone();
        let place = Place { authority, plain, authorities };
        let named =
            |host: &Authority| place.is_same(&Place { authority: host.clone(), ..place.clone() });
        match place.is_same(&self.registry) || self.token_hosts.iter().any(named) {
            true => Ok((place, uri)),
            false => Err(refused(place.authority.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::http::authorities;

    fn gate(registry: &str, plain: bool, token_hosts: &[&str]) -> Gate {
        let authority = |text: &&str| target::authority(text).unwrap();
        let authorities = authorities(None, registry).unwrap();
        let registry = Place { authority: authority(&registry), plain, authorities };
        let login = Login { user: "me".into(), password: "pw".into() };
        Gate::new(registry, Some(login), token_hosts.iter().map(authority).collect(), false)
    }

    #[test]
    fn a_password_does_not_leave_this_machine_in_the_open() {
        let sent = |registry, plain| {
            let gate = gate(registry, plain, &[]);
            gate.password(&gate.registry).map(|password| password.is_some())
        };
        assert!(sent("registry.site", false).unwrap() && sent("127.0.0.1:5000", true).unwrap());
        let error = sent("registry.site:5000", true).unwrap_err();
        assert!(matches!(error, PushError::PasswordInTheOpen { .. }), "{error}");
        // Not even to a token service that was named, when that one speaks HTTP.
        let gate = gate("registry.site", false, &["auth.site"]);
        let (place, _) = gate.token_service("http://auth.site/token").unwrap();
        assert!(gate.password(&place).is_err());
    }

    #[tokio::test]
    async fn a_token_does_not_leave_this_machine_in_the_open() {
        // Nobody listens there: whoever is asked for a token cannot be reached.
        let bearer = Challenge::Bearer { realm: "https://127.0.0.1:1/t".into(), service: None };
        let asked = async |registry, plain, login_over_http| {
            let mut gate = gate(registry, plain, &["127.0.0.1:1"]);
            gate.login_over_http = login_over_http;
            gate.renew(&mut State::default(), &bearer, &Scope::default()).await.unwrap_err()
        };
        let open = asked("registry.site:5000", true, false).await;
        assert!(matches!(open, PushError::TokenInTheOpen { .. }), "{open}");
        for (registry, plain, login_over_http) in [
            ("registry.site:5000", true, true),
            ("registry.site", false, false),
            ("127.0.0.1:5000", true, false),
        ] {
            let error = asked(registry, plain, login_over_http).await;
            assert!(matches!(error, PushError::Unreachable { .. }), "{error}");
        }
    }

    #[test]
    fn only_the_registry_and_named_hosts_give_tokens() {
        let gate = gate("harbor.site", false, &["auth.site:8443"]);
        for realm in
            ["https://harbor.site/token", "https://harbor.site:443/t", "https://auth.site:8443/t"]
        {
            assert!(gate.token_service(realm).is_ok(), "{realm}");
        }
        for realm in [
            "https://other.site/t",
            "https://harbor.site:8443/t",
            "http://harbor.site/t",
            "https://auth.site/t",
            "https://harbor.site@other.site/t",
            "https://me:pw@harbor.site/t",
            "/token",
            "not an address",
        ] {
            let refused = gate.token_service(realm);
            assert!(matches!(refused, Err(PushError::TokenHost { .. })), "{realm}");
        }
    }
}
