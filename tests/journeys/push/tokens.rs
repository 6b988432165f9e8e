//! A registry that wants tokens: its own service gives them, and nobody is asked
//! who was not named.

use super::{
    names, office, push,
    registry::{Registry, Settings},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use journeys::{office::Office, stock};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::SystemTime,
};

const LOGIN: &str = "bWU6cHc="; // me:pw

/// A service that gives everybody who knows the password the same token.
struct Tokens {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tokens {
    fn start(listener: TcpListener, token: String) -> Self {
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                answer(&client, &token, &log);
            }
        });
        Self { address, asked }
    }
}

fn answer(mut client: &TcpStream, token: &str, log: &Mutex<Vec<String>>) {
    let lines = BufReader::new(client).lines().map_while(Result::ok);
    let request: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let knows = request.iter().any(|line| line.ends_with(&format!("Basic {LOGIN}")));
    log.lock().unwrap().extend(request.first().cloned());
    let (status, body) = match knows {
        true => ("200 OK", json!({ "token": token }).to_string()),
        false => ("401 Unauthorized", String::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    client.write_all((head + &body).as_bytes()).unwrap();
}

/// Signs for every repository of the bundle; none where openssl is not there.
fn token(office: &Office, prefix: &str) -> Option<String> {
    stock::tool("openssl", &office.path("home"))?;
    let openssl = |line: &str| {
        let mut command = stock::tool("openssl", &office.path("home")).unwrap();
        stock::succeed(command.args(line.split(' ')).current_dir(office.path(".")))
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=site -keyout key.pem -out cert.pem",
    );
    openssl("x509 -in cert.pem -outform DER -out cert.der");
    let certificate = BASE64_STANDARD.encode(fs::read(office.path("cert.der")).unwrap());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let repository = |name: &str| format!("{prefix}/{}", name.rsplit_once(':').unwrap().0);
    let access = |(name, _): &(String, String)| json!({ "type": "repository", "name": repository(name), "actions": ["pull", "push"] });
    let access: Vec<_> = names(office).iter().map(access).collect();
    let head = json!({ "typ": "JWT", "alg": "RS256", "x5c": [certificate] });
    let claims = json!({ "iss": "site", "aud": "site", "sub": "me", "jti": "1", "iat": now,
        "nbf": now - 60, "exp": now + 3600, "access": access });
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let text = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
    fs::write(office.path("token"), &text).unwrap();
    let signature = openssl("dgst -sha256 -sign key.pem token").stdout;
    Some(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

#[test]
fn tokens_are_asked_of_the_service_that_was_named_and_of_no_other() {
    let office = office(1);
    let Some(token) = token(&office, "site") else { return };
    let tokens = Tokens::start(TcpListener::bind("127.0.0.1:0").unwrap(), token);
    let (realm, certificate) =
        (format!("http://{}/token", tokens.address), office.path("cert.pem"));
    let settings = Settings { tokens: Some((&realm, &certificate)), ..Settings::default() };
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let login = format!(r#"{{"auths": {{"{}": {{"auth": "{LOGIN}"}}}}}}"#, registry.address);
    fs::write(office.path("auth.json"), login).unwrap();
    let to = format!("{}/site", registry.address);
    let unnamed = push(&office, &to, "--plain-http --authfile auth.json");
    assert_eq!(unnamed.code, Some(20), "{}", unnamed.stderr);
    let hint = format!("hint: if `{0}` is yours, add `--token-host {0}`", tokens.address);
    assert!(unnamed.stderr.contains(&hint), "{}", unnamed.stderr);
    assert!(tokens.asked.lock().unwrap().is_empty(), "nobody was asked");
    let named = format!("--plain-http --token-host {}", tokens.address);
    let nobody = push(&office, &to, &named);
    assert_eq!(nobody.code, Some(50), "{}", nobody.stderr);
    let pushed = push(&office, &to, &format!("{named} --authfile auth.json"));
    assert_eq!(pushed.code, Some(0), "{}", pushed.stderr);
    let asked = tokens.asked.lock().unwrap();
    let mount = |line: &String| line.matches("scope=repository:site/").count() == 2;
    assert!(asked.iter().any(mount), "{asked:#?}");
}
