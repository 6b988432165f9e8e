//! Who may do what. One question, [`Access::permit`], asked once for each request
//! before anything else is done with it.

use super::{
    reply::Refusal,
    users::{Users, UsersError},
};
use aws_lc_rs::{hmac, rand::SystemRandom};
use axum::http::{HeaderMap, Method, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Passwords that may wait to be verified; whoever comes then is told to come again.
const WAITING: usize = 128;
/// How long a password that was verified needs no new verification.
const REMEMBERED: Duration = Duration::from_mins(10);
/// How many such passwords are remembered.
const MEMORY: usize = 1024;

/// What a request wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Look at what is here.
    Read,
    /// Change what is here.
    Write,
}

impl Deed {
    /// What a request of this method does.
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            _ => Self::Write,
        }
    }
}

/// Who may use a registry.
#[derive(Debug, Clone, Default)]
pub struct AccessOptions {
    /// An htpasswd file with bcrypt hashes; without it nobody needs a name.
    pub users: Option<PathBuf>,
    /// Whether reading needs no name all the same.
    pub anonymous_pull: bool,
}

/// Name and password of a request.
struct Login {
    name: String,
    password: String,
}

/// The users of today and those that proved themselves lately.
#[derive(Debug)]
struct Register {
    users: Arc<Users>,
    /// By a keyed hash, so that no password lies around in memory.
    verified: HashMap<[u8; 32], Instant>,
}

/// Who may do what.
#[derive(Debug)]
pub(crate) struct Access {
    register: Option<Mutex<Register>>,
    anonymous_pull: bool,
    key: hmac::Key,
    desk: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Access {
    pub(crate) fn new(options: &AccessOptions) -> Result<Self, UsersError> {
        let users = options.users.as_deref().map(Users::read).transpose()?;
        let register = users
            .map(|users| Mutex::new(Register { users: Arc::new(users), verified: HashMap::new() }));
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .expect("the system gives random bytes");
        let anonymous_pull = options.anonymous_pull;
        let (desk, waiting) = (Arc::new(Semaphore::new(1)), Arc::default());
        Ok(Self { register, anonymous_pull, key, desk, waiting })
    }

    /// Whether a request may do what it wants to do; gives the user's name if it
    /// told one. Without users everybody may do everything that is possible here.
    pub(crate) async fn permit(
        &self,
        headers: &HeaderMap,
        deed: Deed,
    ) -> Result<Option<String>, Refusal> {
        let Some(register) = &self.register else { return Ok(None) };
        match login(headers) {
            Some(login) => self.verify(register, login).await.map(Some),
            None if deed == Deed::Read && self.anonymous_pull => Ok(None),
            None => Err(Refusal::Unauthorized),
        }
    }

    /// Verifies one password at a time, off the threads that serve.
    async fn verify(&self, register: &Mutex<Register>, login: Login) -> Result<String, Refusal> {
        let fingerprint = self.fingerprint(&login);
        if locked(register).knows(&fingerprint) {
            return Ok(login.name);
        }
        let waiting = Waiting::enter(&self.waiting).ok_or(Refusal::Busy)?;
        let desk = Arc::clone(&self.desk).acquire_owned().await;
        let desk = desk.expect("the semaphore is never closed");
        // Many requests of one client bring the same password at once.
        let users = {
            let register = locked(register);
            if register.knows(&fingerprint) {
                return Ok(login.name);
            }
            Arc::clone(&register.users)
        };
        let asked = Arc::clone(&users);
        // It goes on when its request is cancelled, and keeps the desk until it is done:
        // whoever asks and goes away makes nothing happen twice at once.
        let verify = move || {
            let _until_done = (waiting, desk);
            asked.has(&login.name, &login.password).then_some(login.name)
        };
        let name = spawn_blocking(verify).await.expect("verifying a password does not panic");
        let name = name.ok_or(Refusal::Unauthorized)?;
        locked(register).remember(fingerprint, &users);
        Ok(name)
    }

    fn fingerprint(&self, Login { name, password }: &Login) -> [u8; 32] {
        let tag = hmac::sign(&self.key, format!("{name}\0{password}").as_bytes());
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Takes other users from now on; whoever was verified proves it again.
    pub(crate) fn replace(&self, users: Users) {
        if let Some(register) = &self.register {
            *locked(register) = Register { users: Arc::new(users), verified: HashMap::new() };
        }
    }
}

impl Register {
    fn knows(&self, fingerprint: &[u8; 32]) -> bool {
        self.verified.get(fingerprint).is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    /// What was verified against users of yesterday is not remembered.
    fn remember(&mut self, fingerprint: [u8; 32], users: &Arc<Users>) {
        if !Arc::ptr_eq(&self.users, users) {
            return;
        }
        if self.verified.len() >= MEMORY {
            self.verified.retain(|_, since| since.elapsed() < REMEMBERED);
        }
        if self.verified.len() < MEMORY {
            self.verified.insert(fingerprint, Instant::now());
        }
    }
}

fn locked(register: &Mutex<Register>) -> MutexGuard<'_, Register> {
    register.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of those who wait for a verification.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(count: &Arc<AtomicUsize>) -> Option<Self> {
        let entered = Self(Arc::clone(count));
        (count.fetch_add(1, Ordering::Relaxed) < WAITING).then_some(entered)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Name and password in a request. Clients that have none may send empty ones.
fn login(headers: &HeaderMap) -> Option<Login> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, code) = text.split_once(' ')?;
    let plain = BASE64_STANDARD.decode(code.trim()).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (name, password) = plain.split_once(':')?;
    let said = scheme.eq_ignore_ascii_case("basic") && !(name.is_empty() && password.is_empty());
    said.then(|| Login { name: name.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use tokio::runtime::{Builder, Runtime};

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    fn access(anonymous_pull: bool) -> (tempfile::TempDir, Access) {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        std::fs::write(&users, format!("kim:{}\n", bcrypt::hash("secret", 4).unwrap())).unwrap();
        let options = AccessOptions { users: Some(users), anonymous_pull };
        let access = Access::new(&options).unwrap();
        (folder, access)
    }

    fn ask(access: &Access, login: Option<&str>, deed: Deed) -> Result<Option<String>, Refusal> {
        let code = login.map(|login| format!("Basic {}", BASE64_STANDARD.encode(login)));
        let header = code.map(|code| (header::AUTHORIZATION, code.parse().unwrap()));
        runtime().block_on(access.permit(&header.into_iter().collect(), deed))
    }

    #[test]
    fn without_users_nobody_is_asked() {
        let access = Access::new(&AccessOptions::default()).unwrap();
        assert_eq!(ask(&access, None, Deed::Write), Ok(None));
        assert_eq!(ask(&access, Some("kim:other"), Deed::Read), Ok(None));
    }

    #[test]
    fn with_users_reading_needs_a_name_unless_told_otherwise() {
        for (anonymous_pull, expected) in [(false, Err(Refusal::Unauthorized)), (true, Ok(None))] {
            let (_folder, access) = access(anonymous_pull);
            assert_eq!(ask(&access, None, Deed::Read), expected);
            assert_eq!(ask(&access, Some(":"), Deed::Read), expected);
            assert_eq!(ask(&access, None, Deed::Write), Err(Refusal::Unauthorized));
            let kim = Ok(Some("kim".to_owned()));
            assert_eq!(ask(&access, Some("kim:secret"), Deed::Read), kim);
            assert_eq!(ask(&access, Some("kim:secret"), Deed::Write), kim);
            // A wrong password is never taken for none.
            for wrong in ["kim:other", "lee:secret", "kim:"] {
                assert_eq!(ask(&access, Some(wrong), Deed::Read), Err(Refusal::Unauthorized));
            }
        }
    }

    #[test]
    fn a_verified_password_is_remembered_until_the_users_change() {
        let (_folder, access) = access(false);
        let kim = Some("kim:secret");
        ask(&access, kim, Deed::Read).unwrap();
        let verified = |access: &Access| locked(access.register.as_ref().unwrap()).verified.len();
        assert_eq!(verified(&access), 1);
        ask(&access, Some("kim:other"), Deed::Read).unwrap_err();
        assert_eq!(verified(&access), 1);
        access.replace(Users::read(std::path::Path::new("/dev/null")).unwrap());
        assert_eq!(ask(&access, kim, Deed::Read), Err(Refusal::Unauthorized));
        assert_eq!(verified(&access), 0);
    }

    #[test]
    fn whoever_cannot_wait_is_told_to_come_again() {
        let (_folder, access) = access(false);
        access.waiting.store(WAITING, Ordering::Relaxed);
        assert_eq!(ask(&access, Some("kim:secret"), Deed::Read), Err(Refusal::Busy));
        assert_eq!(access.waiting.load(Ordering::Relaxed), WAITING);
    }

    #[test]
    fn a_request_that_is_cancelled_keeps_the_desk_until_its_password_is_verified() {
        let (_folder, access) = access(false);
        let code = format!("Basic {}", BASE64_STANDARD.encode("kim:other"));
        let headers = [(header::AUTHORIZATION, code.parse().unwrap())].into_iter().collect();
        // The only thread that could verify is busy until the request has gone.
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (free, busy) = std::sync::mpsc::channel::<()>();
            let busy = spawn_blocking(move || busy.recv());
            assert!(access.permit(&headers, Deed::Read).now_or_never().is_none());
            assert_eq!(access.desk.available_permits(), 0);
            assert_eq!(access.waiting.load(Ordering::Relaxed), 1);
            drop(free);
            busy.await.unwrap().unwrap_err();
            drop(access.desk.acquire().await.unwrap());
            assert_eq!(access.waiting.load(Ordering::Relaxed), 0);
        });
    }
}
