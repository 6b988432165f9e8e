//! A real `docker-registry` on loopback, with a log of every request.

use journeys::stock;
use serde_json::json;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

/// `pw`, as `htpasswd -B` writes it.
const HTPASSWD: &str = "me:$2b$04$abcdefghijklmnopqrstuuyvPXIbu7xe6/CED2DzX8z6Si09MlzlW\n";

/// One that runs; it ends when dropped.
pub(crate) struct Registry {
    child: Child,
    folder: PathBuf,
    pub(crate) address: String,
}

/// How it is set up.
#[derive(Default)]
pub(crate) struct Settings<'a> {
    /// User `me` and password `pw`.
    pub(crate) login: bool,
    /// Tokens of this service, signed by the key of this certificate.
    pub(crate) tokens: Option<(&'a str, &'a Path)>,
    /// Certificate and key.
    pub(crate) tls: Option<(&'a Path, &'a Path)>,
    /// Only reads.
    pub(crate) read_only: bool,
}

impl Registry {
    /// Keeps everything in a folder. None where it is not installed.
    pub(crate) fn start(folder: &Path, settings: &Settings<'_>) -> Option<Self> {
        let mut command = stock::tool("docker-registry", folder)?;
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("htpasswd"), HTPASSWD).unwrap();
        fs::write(folder.join("settings.yaml"), text(folder, settings)).unwrap();
        let log = File::create(folder.join("requests.log")).unwrap();
        command.env("OTEL_TRACES_EXPORTER", "none").arg("serve").arg(folder.join("settings.yaml"));
        let mut child = command.stdout(log).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "docker-registry ended");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split([' ', '"', ',']).next().unwrap().to_owned();
            }
        };
        let mut errors = File::create(folder.join("errors.log")).unwrap();
        std::thread::spawn(move || std::io::copy(&mut said, &mut errors));
        Some(Self { child, folder: folder.to_owned(), address })
    }

    /// Method and path of each request, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join("requests.log")).unwrap();
        let request = |line: &str| Some(line.split('"').nth(1)?.replace(" HTTP/1.1", ""));
        log.lines().filter_map(request).collect()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// In JSON, which is YAML too.
fn text(folder: &Path, settings: &Settings<'_>) -> String {
    let mut all = json!({
        "version": 0.1,
        "log": { "level": "info", "accesslog": { "disabled": false } },
        "storage": {
            "filesystem": { "rootdirectory": folder.join("data") },
            "maintenance": { "readonly": { "enabled": settings.read_only } },
        },
        "http": { "addr": "127.0.0.1:0", "secret": "site" },
    });
    if let Some((certificate, key)) = settings.tls {
        all["http"]["tls"] = json!({ "certificate": certificate, "key": key });
    }
    if settings.login {
        let users = folder.join("htpasswd");
        all["auth"] = json!({ "htpasswd": { "realm": "site", "path": users } });
    }
    if let Some((realm, certificate)) = settings.tokens {
        let site = json!({
            "realm": realm, "service": "site", "issuer": "site", "rootcertbundle": certificate,
        });
        all["auth"] = json!({ "token": site });
    }
    all.to_string()
}
