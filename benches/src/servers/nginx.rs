//! A file server with ranges and validators: nginx where it is installed, else the
//! small upstream of the tests.

use super::{
    SentBytes, log,
    running::{Running, free_port, wait_until_open},
};
use crate::{
    problem::{Result, make_folder, write},
    tools,
};
use journeys::upstream::Upstream;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Certificate and key, in PEM.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// A server that is running.
#[derive(Debug)]
pub(crate) enum FileServer {
    Nginx(Nginx),
    Upstream(Upstream),
}

/// A running nginx.
#[derive(Debug)]
pub(crate) struct Nginx {
    _running: Running,
    port: u16,
    log: PathBuf,
}

impl FileServer {
    /// Serves the files of a folder below `/files/bench/`.
    pub(crate) fn start(folder: &Path, scratch: &Path) -> Result<Self> {
        if let Some(program) = tools::find("nginx") {
            return Ok(Self::Nginx(Nginx::start(&program, (folder, None), scratch)?));
        }
        let upstream = Upstream::start()?;
        upstream.put_folder("https://bench", folder)?;
        Ok(Self::Upstream(upstream))
    }

    /// The URL of the folder, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/files/bench", self.address())
    }

    /// Address and port.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Nginx(nginx) => nginx.address(),
            Self::Upstream(upstream) => upstream.address().to_string(),
        }
    }

    /// What a table calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Nginx(_) => "nginx",
            Self::Upstream(_) => "the upstream of the tests",
        }
    }
}

impl SentBytes for FileServer {
    fn sent_bytes(&self) -> Result<u64> {
        match self {
            Self::Nginx(nginx) => log::sum(&nginx.log, log::common),
            Self::Upstream(upstream) => {
                let requests = upstream.requests();
                let bodies = requests.iter().filter(|it| it.method == "GET");
                Ok(bodies.map(|it| it.body_bytes).sum())
            }
        }
    }
}

impl Nginx {
    /// Serves the files of a folder below `/files/bench/`, perhaps with TLS.
    pub(crate) fn start(
        program: &Path,
        (folder, tls): (&Path, Option<&Tls>),
        scratch: &Path,
    ) -> Result<Self> {
        let port = free_port()?;
        let home = make_folder(fs::canonicalize(scratch)?.join(format!("nginx-{port}")))?;
        let settings = home.join("nginx.conf");
        write(&settings, &settings_text(port, &home, &fs::canonicalize(folder)?, tls))?;
        let mut command = Command::new(program);
        command.arg("-p").arg(&home).arg("-e").arg(home.join("error.log")).arg("-c").arg(&settings);
        let mut running = Running::spawn(&mut command)?;
        wait_until_open(&mut running, port).map_err(|error| format!("nginx: {error}"))?;
        Ok(Self { _running: running, port, log: home.join("access.log") })
    }

    /// Address and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// As Debian sets it up: one worker for each processor, `sendfile`.
fn settings_text(port: u16, home: &Path, folder: &Path, tls: Option<&Tls>) -> String {
    let home = home.display();
    // Workers of a root's nginx would change to a user that may not read the files.
    let user = if is_root() { "user root;\n" } else { "" };
    let (ssl, certificate) = match tls {
        None => ("", String::new()),
        Some(Tls { certificate, key }) => (
            " ssl",
            format!(
                "ssl_certificate {}; ssl_certificate_key {};",
                certificate.display(),
                key.display()
            ),
        ),
    };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {home}/{kind};\n"))
        .concat();
    format!(
        "{user}daemon off;\nworker_processes auto;\npid {home}/pid;\nevents {{}}\nhttp {{\n\
         {temporary}  sendfile on;\n  tcp_nopush on;\n  access_log {home}/access.log combined;\n\
         \x20 server {{\n    listen 127.0.0.1:{port}{ssl};\n    {certificate}\n\
         \x20   location /files/bench/ {{ alias {}/; }}\n  }}\n}}\n",
        folder.display()
    )
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}
