//! Reads OpenSSH's `known_hosts`: plain, bracketed, hashed and wildcard names,
//! negation, and the markers. A line that makes no sense is passed over, as
//! OpenSSH does.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use russh::keys::{Algorithm, PublicKey};
use std::net::IpAddr;

/// A line of the file.
#[derive(Debug)]
struct Entry<'a> {
    line: usize,
    revoked: bool,
    names: &'a str,
    key: PublicKey,
}

/// What the file says about a host and the key it showed.
#[derive(Debug)]
pub(super) enum Verdict {
    /// This very key is recorded.
    Known,
    /// Nothing is recorded for the host.
    Unknown,
    /// Other keys are recorded, the first of them on this line.
    Changed { line: usize, recorded: Box<PublicKey> },
    /// The key must not be used any more.
    Revoked { line: usize },
}

/// What the file says about this host and key.
pub(super) fn judge(text: &str, address: IpAddr, port: u16, key: &PublicKey) -> Verdict {
    let ours: Vec<Entry> = entries(text).filter(|entry| entry.is_for(address, port)).collect();
    let same = |entry: &&Entry| entry.key.key_data() == key.key_data();
    if let Some(entry) = ours.iter().filter(same).find(|entry| entry.revoked) {
        return Verdict::Revoked { line: entry.line };
    }
    let mut recorded = ours.iter().filter(|entry| !entry.revoked);
    if recorded.clone().any(|entry| same(&entry)) {
        return Verdict::Known;
    }
    // The same kind of key first: that is the one to compare by eye.
    let alike = recorded.clone().find(|entry| entry.key.algorithm() == key.algorithm());
    match alike.or_else(|| recorded.next()) {
        Some(entry) => Verdict::Changed { line: entry.line, recorded: Box::new(entry.key.clone()) },
        None => Verdict::Unknown,
    }
}

/// The kinds of key recorded for a host: what it should be asked for.
pub(super) fn algorithms(text: &str, address: IpAddr, port: u16) -> Vec<Algorithm> {
    let ours = entries(text).filter(|entry| !entry.revoked && entry.is_for(address, port));
    ours.map(|entry| entry.key.algorithm()).collect()
}

/// The line that records a key.
pub(super) fn line(address: IpAddr, port: u16, key: &PublicKey) -> String {
    let blob = russh::keys::PublicKeyBase64::public_key_base64(key);
    format!("{} {} {blob}\n", name(address, port), key.algorithm())
}

/// What a host is called in the file.
fn name(address: IpAddr, port: u16) -> String {
    match port {
        22 => address.to_string(),
        port => format!("[{address}]:{port}"),
    }
}

fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> {
    text.lines().enumerate().filter_map(|(index, line)| entry(index + 1, line))
}

fn entry(line: usize, text: &str) -> Option<Entry<'_>> {
    let mut words = text.split_ascii_whitespace().peekable();
    let marker = words.next_if(|word| word.starts_with('@'));
    let revoked = match marker {
        None => false,
        Some("@revoked") => true,
        // No certificate is accepted, so its authority says nothing here.
        Some(_) => return None,
    };
    let names = words.next().filter(|names| !names.starts_with('#'))?;
    let (_algorithm, blob) = (words.next()?, words.next()?);
    let key = russh::keys::parse_public_key_base64(blob).ok()?;
    Some(Entry { line, revoked, names, key })
}

impl Entry<'_> {
    fn is_for(&self, address: IpAddr, port: u16) -> bool {
        let host = name(address, port);
        let mut found = false;
        for pattern in self.names.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if matches(pattern, &host) => return false,
                Some(_) => {}
                None => found |= matches(pattern, &host),
            }
        }
        found
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("|1|") {
        Some(hashed) => hash_matches(hashed, host).unwrap_or(false),
        None => glob(pattern.as_bytes(), host.as_bytes()),
    }
}

/// `salt|hash`, both in base64: HMAC-SHA-1 of the name with the salt as key.
fn hash_matches(hashed: &str, host: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
    Some(hmac::verify(&key, host.as_bytes(), &hash).is_ok())
}

/// `*` stands for anything, `?` for one character.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        (Some((b'?', rest)), Some((_, text))) => glob(rest, text),
        (Some((wanted, rest)), Some((found, text))) => {
            wanted.eq_ignore_ascii_case(found) && glob(rest, text)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const TWO: &str = "AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";

    fn key(blob: &str) -> PublicKey {
        russh::keys::parse_public_key_base64(blob).unwrap()
    }

    fn verdict(text: &str, port: u16) -> String {
        match judge(text, "10.0.0.7".parse().unwrap(), port, &key(ONE)) {
            Verdict::Changed { line, .. } => format!("changed on {line}"),
            Verdict::Revoked { line } => format!("revoked on {line}"),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    #[test]
    fn a_recorded_key_is_known_under_every_way_to_write_the_name() {
        for (names, port) in [
            ("10.0.0.7", 22),
            ("cp-1,10.0.0.7", 22),
            ("[10.0.0.7]:2222", 2222),
            ("10.0.0.*", 22),
            ("10.?.0.7", 22),
            ("*", 2222),
        ] {
            let text = format!("# mine\n\n{names} ssh-ed25519 {ONE} comment\n");
            assert_eq!(verdict(&text, port), "known", "{names}");
        }
    }

    #[test]
    fn a_hashed_name_is_recognised() {
        let salt = [7_u8; 20];
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
        let hash = hmac::sign(&key, b"10.0.0.7");
        let name = format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash));
        assert_eq!(verdict(&format!("{name} ssh-ed25519 {ONE}\n"), 22), "known");
        assert_eq!(verdict(&format!("{name} ssh-ed25519 {TWO}\n"), 22), "changed on 1");
        assert_eq!(verdict(&format!("{name} ssh-ed25519 {ONE}\n"), 23), "unknown");
    }

    #[test]
    fn other_ports_other_hosts_and_excluded_hosts_are_unknown() {
        for names in ["10.0.0.8", "[10.0.0.7]:2222", "*,!10.0.0.7", "|1|x|y", "|1|"] {
            assert_eq!(verdict(&format!("{names} ssh-ed25519 {ONE}"), 22), "unknown", "{names}");
        }
        assert_eq!(verdict("", 22), "unknown");
    }

    #[test]
    fn a_revoked_key_is_refused_also_when_it_is_recorded() {
        let text = format!("10.0.0.7 ssh-ed25519 {ONE}\n@revoked * ssh-ed25519 {ONE}\n");
        assert_eq!(verdict(&text, 22), "revoked on 2");
        let other = format!("10.0.0.7 ssh-ed25519 {ONE}\n@revoked * ssh-ed25519 {TWO}\n");
        assert_eq!(verdict(&other, 22), "known");
    }

    #[test]
    fn authorities_and_broken_lines_say_nothing() {
        let text = format!(
            "@cert-authority * ssh-ed25519 {ONE}\n10.0.0.7\n10.0.0.7 ssh-ed25519\n\
             10.0.0.7 ssh-ed25519 !!!\n@strange 10.0.0.7 ssh-ed25519 {TWO}\n"
        );
        assert_eq!(verdict(&text, 22), "unknown");
    }

    #[test]
    fn the_line_we_write_is_the_line_we_read() {
        let ip: IpAddr = "fd00::7".parse().unwrap();
        let text = line(ip, 2222, &key(ONE));
        assert_eq!(text, format!("[fd00::7]:2222 ssh-ed25519 {ONE}\n"));
        assert!(matches!(judge(&text, ip, 2222, &key(ONE)), Verdict::Known));
        assert_eq!(algorithms(&text, ip, 2222), [Algorithm::Ed25519]);
    }
}
