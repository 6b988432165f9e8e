//! TLS: whose certificate counts.

use super::{
    office, push,
    registry::{Registry, Settings},
};
use journeys::{office::Office, stock};

/// Makes a CA and a certificate for 127.0.0.1; false where openssl is not there.
fn certificates(office: &Office) -> bool {
    let script = "\
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
  -subj '/CN=Site CA' -keyout ca.key -out ca.crt 2>openssl.log
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=registry' \
  -keyout registry.key -out registry.csr 2>>openssl.log
printf 'subjectAltName=IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > registry.ext
openssl x509 -req -in registry.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
  -extfile registry.ext -out registry.crt 2>>openssl.log
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
  -subj '/CN=Other CA' -keyout other.key -out other.crt 2>>openssl.log
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=self' \
  -addext 'subjectAltName=IP:127.0.0.1' -keyout self.key -out self.crt 2>>openssl.log";
    if stock::tool("openssl", &office.path("home")).is_none() {
        return false;
    }
    let mut sh = stock::tool("bash", &office.path("home")).expect("every test machine has it");
    stock::succeed(sh.args(["-euc", script]).current_dir(office.path(".")));
    true
}

#[test]
fn only_a_certificate_of_the_named_ca_counts() {
    let office = office(1);
    if !certificates(&office) {
        return;
    }
    let (certificate, key) = (office.path("registry.crt"), office.path("registry.key"));
    let settings = Settings { tls: Some((&certificate, &key)), ..Settings::default() };
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let to = format!("{}/site", registry.address);
    let outcome = push(&office, &to, "--ca ca.crt");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let wrong = push(&office, &to, "--ca other.crt");
    let key = push(&office, &to, "--ca registry.key");
    let port = registry.address.rsplit_once(':').unwrap().1;
    let name = push(&office, &format!("localhost:{port}/site"), "--ca ca.crt");
    let plain = push(&office, &to, "--plain-http");
    let told = [wrong, key, name, plain].map(|outcome| {
        let text = office.sandbox.redact(&outcome.stderr).replace(port, "[PORT]");
        format!("{text}exit code {}", outcome.code.unwrap())
    });
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn a_registry_that_signed_itself_counts_when_it_is_named() {
    let office = office(1);
    if !certificates(&office) {
        return;
    }
    let (certificate, key) = (office.path("self.crt"), office.path("self.key"));
    let settings = Settings { tls: Some((&certificate, &key)), ..Settings::default() };
    let Some(registry) = Registry::start(&office.path("registry"), &settings) else { return };
    let to = format!("{}/site", registry.address);
    let named = push(&office, &to, "--ca self.crt");
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    let unknown = push(&office, &to, "--ca ca.crt");
    assert!(unknown.stderr.contains("is by `CN=self`"), "{}", unknown.stderr);
    let port = registry.address.rsplit_once(':').unwrap().1;
    let other_name = push(&office, &format!("localhost:{port}/site"), "--ca self.crt");
    assert!(other_name.stderr.contains("is for `127.0.0.1`"), "{}", other_name.stderr);
}
