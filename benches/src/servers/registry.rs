//! A real `docker-registry` on a folder.

use super::{
    SentBytes, log,
    running::{Running, free_port, wait_until_open},
};
use crate::problem::{Problem, Result, at, make_folder, write};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

/// How often another port is tried, when somebody took it meanwhile.
const TRIES: usize = 5;

/// A running one.
#[derive(Debug)]
pub(crate) struct Registry {
    running: Running,
    port: u16,
    log: PathBuf,
}

impl Registry {
    /// Serves the data in a folder; its log and settings go into another.
    pub(crate) fn start(data: &Path, scratch: &Path) -> Result<Self> {
        make_folder(data.to_owned())?;
        let mut last: Problem = "no port is free".into();
        for _ in 0..TRIES {
            match Self::start_on(free_port()?, data, scratch) {
                Ok(registry) => return Ok(registry),
                Err(error) => last = error,
            }
        }
        Err(format!("docker-registry: {last}").into())
    }

    fn start_on(port: u16, data: &Path, scratch: &Path) -> Result<Self> {
        let name = format!("registry-{port}");
        let (settings, log) =
            (scratch.join(format!("{name}.yaml")), scratch.join(format!("{name}.log")));
        write(&settings, &settings_text(port, data))?;
        let out = File::create(&log).map_err(at(&log))?;
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&settings).stderr(out.try_clone()?).stdout(out);
        // Nothing of the environment may change how it works.
        command.env_clear().env("OTEL_TRACES_EXPORTER", "none");
        let mut running = Running::spawn(&mut command)?;
        wait_until_open(&mut running, port)?;
        Ok(Self { running, port, log })
    }

    /// Address and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.running.id()
    }
}

impl SentBytes for Registry {
    fn sent_bytes(&self) -> Result<u64> {
        log::sum(&self.log, log::common)
    }
}

/// As its own package sets it up, with a log of every request.
fn settings_text(port: u16, data: &Path) -> String {
    format!(
        "version: 0.1\nlog: {{level: warn, accesslog: {{disabled: false}}}}\n\
         storage: {{filesystem: {{rootdirectory: {:?}}}, cache: {{blobdescriptor: inmemory}}}}\n\
         http: {{addr: '127.0.0.1:{port}'}}\n",
        data.display().to_string()
    )
}
