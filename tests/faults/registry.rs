//! A real registry in the place of the upstream's, with the same images.

use journeys::{
    fixtures::{HOSTS, REGISTRIES},
    office::Office,
    stock,
};
use serde_json::json;
use std::{
    fs,
    io::{self, BufRead, BufReader},
    process::{Child, Stdio},
    thread,
};

/// `docker-registry` on a free port; it ends when dropped.
pub(crate) struct Registry {
    child: Child,
    address: String,
}

impl Registry {
    /// Has every image of the office's upstream, and the office asks it for them; none
    /// where the tools are not installed.
    pub(crate) fn in_place_of(office: &Office) -> Option<Self> {
        let registry = Self::start(office)?;
        for (name, _) in &office.demo.images {
            let mut skopeo = stock::tool("skopeo", &office.path("home"))?;
            skopeo.args(["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests"]);
            skopeo.args(["--src-tls-verify=false", "--dest-tls-verify=false"]);
            skopeo.arg(format!("docker://{}/{name}", office.upstream.address()));
            stock::succeed(skopeo.arg(format!("docker://{}/{name}", registry.address)));
        }
        let mirrors = office.upstream.mirrors(&HOSTS, &REGISTRIES);
        let (files, images) = mirrors.split_once("registries:\n").expect("it has both");
        let upstream = office.upstream.address().to_string();
        let images = images.replace(&upstream, &registry.address);
        fs::write(office.path("mirrors.yaml"), format!("{files}registries:\n{images}")).unwrap();
        Some(registry)
    }

    fn start(office: &Office) -> Option<Self> {
        let settings = json!({
            "version": 0.1,
            "log": { "level": "info", "accesslog": { "disabled": true } },
            "storage": { "filesystem": { "rootdirectory": office.path("registry") } },
            "http": { "addr": "127.0.0.1:0", "secret": "site" },
        });
        fs::write(office.path("registry.yaml"), settings.to_string()).unwrap();
        let mut command = stock::tool("docker-registry", &office.path("home"))?;
        command.env("OTEL_TRACES_EXPORTER", "none").arg("serve").arg(office.path("registry.yaml"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "docker-registry ended");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split([' ', '"', ',']).next().unwrap().to_owned();
            }
        };
        thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        Some(Self { child, address })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}
