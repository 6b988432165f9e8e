//! A bundle at a glance, the same from both programs.

use crate::{Console, Table, text};
use manifests::inspection::{InspectedEntry, Inspection, Kind};

impl Console {
    /// Shows what is in a bundle: JSON, or a heading, a table and totals.
    pub fn inspection(&self, inspection: &Inspection) {
        if self.wants_json() {
            return self.json(inspection);
        }
        self.data(&heading(inspection));
        self.table(&contents(inspection));
        self.data(&format!("\n{}\n", totals(inspection)));
    }
}

fn heading(inspection: &Inspection) -> String {
    let Inspection { release, version, serial, title, encoder, .. } = inspection;
    let arches: Vec<_> = inspection.arches.iter().map(|arch| arch.as_str()).collect();
    format!(
        "{release} {version} (serial {serial}, {})\n{}\nsigned by  {}\nwritten by {encoder}\nlockfile   {}\n\n",
        arches.join(" "),
        text::printable(title),
        signers(inspection),
        inspection.lockfile,
    )
}

fn signers(inspection: &Inspection) -> String {
    let state = |trusted| if trusted { "trusted here" } else { "not trusted here, not checked" };
    let signers =
        inspection.signatures.iter().map(|by| format!("{} ({})", by.key, state(by.trusted)));
    match signers.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "nobody".to_owned(),
        signers => signers,
    }
}

fn contents(inspection: &Inspection) -> Table {
    let mut table = Table::new(["component", "kind", "size", "name"]).numbers(&[2]);
    let mut last = None;
    for entry in &inspection.entries {
        // A component is named once, so that the eye finds where it begins.
        let component = entry.component.as_ref();
        let shown =
            if last.replace(component) == Some(component) { "" } else { component_name(entry) };
        for (line, name) in entry.names.iter().enumerate() {
            match line {
                0 => table.row([shown, entry.kind.as_str(), &text::size(entry.size), name]),
                _ => table.row(["", "", "", &format!("  also {name}")]),
            }
        }
    }
    table
}

fn component_name(entry: &InspectedEntry) -> &str {
    entry.component.as_ref().map_or("-", |name| name.as_str())
}

fn totals(inspection: &Inspection) -> String {
    let count = |kind, one, many| text::count(inspection.count(kind) as u64, one, many);
    format!(
        "{}, {}, {}; {} in {}",
        count(Kind::Image, "image", "images"),
        count(Kind::File, "file", "files"),
        count(Kind::Manifest, "manifest", "manifests"),
        text::count(inspection.blobs as u64, "blob", "blobs"),
        text::size(inspection.size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifests::inspection::SignatureState;

    fn entry(component: &str, kind: Kind, names: &[&str], size: u64) -> InspectedEntry {
        InspectedEntry {
            component: Some(component.parse().unwrap()),
            kind,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            digest: format!("sha256:{}", "0".repeat(64)).parse().unwrap(),
            size,
        }
    }

    fn sample() -> Inspection {
        Inspection {
            release: "kpaas".parse().unwrap(),
            version: "1.7.0".parse().unwrap(),
            serial: 3,
            title: "K-PaaS Container Platform".to_owned(),
            arches: vec![manifests::Arch::Amd64],
            encoder: "bottari-1 zstd-1.5.7".to_owned(),
            lockfile: format!("sha256:{}", "1".repeat(64)).parse().unwrap(),
            size: 1_500_000_000,
            blobs: 41,
            signatures: vec![
                SignatureState { key: "E7620F1842B4E81F".to_owned(), trusted: true },
                SignatureState { key: "0000000000000001".to_owned(), trusted: false },
            ],
            entries: vec![
                entry(
                    "calico",
                    Kind::Image,
                    &["quay.io/calico/cni:v3.30.3", "registry.k-paas.org/calico/cni:v3.30.3"],
                    70_000_000,
                ),
                entry(
                    "calico",
                    Kind::Manifest,
                    &["files/calico/calico-vxlan.yaml:v3.30.3"],
                    300_000,
                ),
                entry(
                    "etcd",
                    Kind::File,
                    &["files/etcd/amd64/etcd-v3.5.23-linux-amd64.tar.gz:v3.5.23"],
                    22_000_000,
                ),
            ],
        }
    }

    #[test]
    fn a_bundle_is_shown_by_component() {
        let inspection = sample();
        let shown = format!(
            "{}{}\n{}",
            heading(&inspection),
            contents(&inspection).render(None),
            totals(&inspection)
        );
        insta::assert_snapshot!(shown, @"
        kpaas 1.7.0 (serial 3, amd64)
        K-PaaS Container Platform
        signed by  E7620F1842B4E81F (trusted here), 0000000000000001 (not trusted here, not checked)
        written by bottari-1 zstd-1.5.7
        lockfile   sha256:1111111111111111111111111111111111111111111111111111111111111111

        component  kind           size  name
        calico     image      66.8 MiB  quay.io/calico/cni:v3.30.3
                                          also registry.k-paas.org/calico/cni:v3.30.3
                   manifest  293.0 KiB  files/calico/calico-vxlan.yaml:v3.30.3
        etcd       file       21.0 MiB  files/etcd/amd64/etcd-v3.5.23-linux-amd64.tar.gz:v3.5.23

        1 image, 1 file, 1 manifest; 41 blobs in 1.4 GiB
        ");
    }

    #[test]
    fn an_unsigned_bundle_says_so() {
        let unsigned = Inspection { signatures: vec![], ..sample() };
        assert_eq!(signers(&unsigned), "nobody");
    }
}
