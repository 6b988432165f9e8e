//! Every error message, word for word, with its hint.

use crate::{
    fixture::{Key, World},
    process::run,
};
use std::{fs, net::TcpListener};

/// Replaces what differs on every run.
///
/// Long numbers too: they are sizes, which follow the format and not the words.
pub(crate) fn message(world: &World, code: i32, arguments: &[&str]) -> String {
    let said = run(world, arguments);
    assert_eq!(said.code, code, "{arguments:?}: {}", said.stderr);
    let text = said.stderr_in(world).replace(&world.key.public().id().to_string(), "KEY");
    let is_size = |word: &str| word.len() > 4 && word.bytes().all(|b| b.is_ascii_digit());
    let hide = |word: &str| match word.trim_end_matches(':') {
        number if is_size(number) => word.replace(number, "SIZE"),
        _ => word.to_owned(),
    };
    let text: Vec<_> = text.split(' ').map(hide).collect();
    format!("$ bottari-installer {}\n{}", arguments.join(" "), text.join(" "))
}

#[test]
fn errors_about_bundles_say_what_to_do_next() {
    let world = World::new();
    let good = fs::read(&world.bundle).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(world.path(name), bytes).unwrap();
    put("text", b"hello");
    put("cut", &good[..good.len() - 1]);
    put("longer", &[&good[..], b"x"].concat());
    let mut altered = good.clone();
    altered[4000] ^= 1;
    put("altered", &altered);
    let damaged = world.damaged(&world.release.big.layer().digest, |_| 600);
    fs::rename(damaged, world.path("damaged")).unwrap();
    let all = [
        message(&world, 20, &["verify", "missing"]),
        message(&world, 40, &["verify", "text"]),
        message(&world, 40, &["verify", "cut"]),
        message(&world, 40, &["verify", "longer"]),
        message(&world, 40, &["verify", "altered"]),
        message(&world, 40, &["verify", "--quiet", "damaged"]),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn errors_about_trust_say_what_to_do_next() {
    let world = World::new();
    fs::write(world.path("text"), "hello").unwrap();
    world.key.write(&world.path("key.pub"));
    let bundle = "demo.bottari.tar.zst";
    let absent = Key::new().public().id().to_string();
    let all = [
        message(&world, 40, &["verify", "--require", "2", bundle]),
        message(&world, 20, &["verify", "--trust", "missing", bundle]),
        message(&world, 20, &["verify", "--trust", "text", bundle]),
        message(&world, 40, &["trust", "add", "key.pub", "--fingerprint", "0000"]),
        message(&world, 2, &["trust", "add", "key.pub"]),
        message(&world, 20, &["trust", "remove", &absent]).replace(&absent, "OTHER"),
        message(&world, 2, &["trust", "remove", "x"]),
    ];
    insta::assert_snapshot!(all.join("\n"));
    fs::remove_file(world.path("trust/test.pub")).unwrap();
    insta::assert_snapshot!(message(&world, 40, &["verify", bundle]));
}

#[test]
fn errors_about_the_host_say_what_to_do_next() {
    let world = World::new();
    let bundle = "demo.bottari.tar.zst";
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let listen = format!("127.0.0.1:{port}");
    fs::write(world.path("file"), "").unwrap();
    fs::create_dir(world.path("broken")).unwrap();
    fs::write(world.path("broken/serials.json"), "[]").unwrap();
    let all = [
        message(&world, 50, &["serve", bundle, "--listen", &listen]).replace(&port, "PORT"),
        message(&world, 50, &["serve", bundle, "--listen", "192.0.2.1:0"]),
        message(
            &world,
            20,
            &["serve", bundle, "--listen", "127.0.0.1:0", "--access-log", "no/log"],
        ),
        message(
            &world,
            20,
            &["serve", bundle, "--listen", "127.0.0.1:0", "--port-file", "no/port"],
        ),
        message(&world, 2, &["serve", bundle, "--listen", "localhost:5000"]),
        message(&world, 2, &["serve", bundle, "--tls-cert", "cert.pem"]),
        message(&world, 20, &["verify", bundle, "--state-dir", "broken"]),
        message(&world, 20, &["unpack", bundle, "-q", "-o", "out", "--state-dir", "file"]),
        message(&world, 20, &["unpack", bundle, "-q", "-o", "file"]),
        message(&world, 20, &["unpack", bundle, "-q", "-o", "trust"]),
        message(&world, 2, &["unpack", bundle, "--allow-rollback", "demo"]),
        message(&world, 20, &["man", "-o", "file"]),
    ];
    insta::assert_snapshot!(all.join("\n"));
}
