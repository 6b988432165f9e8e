//! Uploads under names that people know. On a host they wait under their
//! digests until they are placed, which tells nobody anything.

use crate::{
    plan::Plan,
    steps::{Action, FileContent},
};
use manifests::event::{Event, Reporter};
use std::collections::BTreeMap;

/// What stands in front of the digest.
const STAGING: &str = "/var/lib/bottari/staging/";

/// Passes events on, with the names of uploads told in words.
#[derive(Debug)]
pub struct NamedUploads<'a> {
    /// Files and packages by the digests of their bytes.
    names: BTreeMap<String, String>,
    reporter: &'a dyn Reporter,
}

impl<'a> NamedUploads<'a> {
    /// For the files of this plan.
    pub fn new(plan: &Plan, reporter: &'a dyn Reporter) -> Self {
        let files = plan.steps.iter().flat_map(|step| files(&step.action));
        let named = |(name, content): (String, &FileContent)| {
            Some((content.sha256()?.hex().to_owned(), name))
        };
        Self { names: files.filter_map(named).collect(), reporter }
    }

    /// `h1: /usr/local/bin/kubeadm` for `h1: /var/lib/bottari/staging/9a87…`.
    fn named(&self, name: &str) -> Option<String> {
        let (host, digest) = name.split_once(STAGING)?;
        Some(format!("{host}{}", self.names.get(digest)?))
    }
}

fn files(action: &Action) -> Vec<(String, &FileContent)> {
    match action {
        Action::PlaceFile(file) => vec![(file.path.to_string(), &file.content)],
        Action::Unpack(all) => {
            let first = all.files.first().map_or("", |file| file.path.as_str());
            let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
            vec![(format!("{folder}/…"), &all.archive)]
        }
        Action::Packages(all) => {
            all.packages.iter().map(|deb| (deb.name.to_string(), &deb.content)).collect()
        }
        _ => Vec::new(),
    }
}

impl Reporter for NamedUploads<'_> {
    fn report(&self, event: &Event) {
        if let Event::TransferStarted { id, name, bytes } = event
            && let Some(name) = self.named(name)
        {
            return self.reporter.report(&Event::TransferStarted { id: *id, name, bytes: *bytes });
        }
        self.reporter.report(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::testing::{plan, with_action},
        steps::PlaceFile,
    };
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Names(Mutex<Vec<String>>);

    impl Reporter for Names {
        fn report(&self, event: &Event) {
            let Event::TransferStarted { name, .. } = event else { return };
            self.0.lock().unwrap().push(name.clone());
        }
    }

    #[test]
    fn an_upload_has_the_name_of_the_file_it_becomes() {
        let file = PlaceFile::text("/usr/local/bin/kubeadm".parse().unwrap(), "bytes");
        let digest = file.content.sha256().unwrap();
        let plan = plan(vec![with_action("h1/programs/kubeadm", &[], Action::PlaceFile(file))]);
        let names = Names::default();
        let uploads = NamedUploads::new(&plan, &names);
        for name in [&*format!("h1: {STAGING}{}", digest.hex()), "h1: /etc/hosts", "other"] {
            uploads.report(&Event::TransferStarted { id: 1, name: name.to_owned(), bytes: None });
        }
        let heard = names.0.lock().unwrap().clone();
        assert_eq!(heard, ["h1: /usr/local/bin/kubeadm", "h1: /etc/hosts", "other"]);
    }
}
