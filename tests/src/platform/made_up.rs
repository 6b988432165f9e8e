//! Bytes in the place of the real ones, small and different for each source.

use crate::{
    fixtures::{COMES_TO, TarFile, helm_stand_in, images, real_helm, tar_gz},
    upstream::Image,
};
use manifests::Arch;
use std::{env::consts, io};

/// An index with amd64, arm64 and an attestation, as build tools push it.
pub(super) fn image(name: &str) -> Image {
    images::multi_arch(name.as_bytes())
}

/// Where Helm's own releases are.
const HELM: &str = "https://get.helm.sh/helm-";

/// The real Helm where it is at hand and runs here, else one for made-up charts.
fn helm(url: &str) -> io::Result<Vec<u8>> {
    let (arch, processor) = match url.contains("amd64") {
        true => (Arch::Amd64, "x86_64"),
        false => (Arch::Arm64, "aarch64"),
    };
    let real = if consts::ARCH == processor { real_helm()? } else { None };
    Ok(real.unwrap_or_else(|| helm_stand_in(arch)))
}

/// An archive where the name says so, else a program that does nothing.
pub(super) fn file(url: &str) -> io::Result<Vec<u8>> {
    if url.starts_with(HELM) {
        return helm(url);
    }
    let text = format!("#!/bin/sh\necho 'made up in the place of {url}' >&2\nexit 1\n");
    Ok(match [".tar.gz", ".tgz"].iter().any(|ending| url.ends_with(ending)) {
        true => tar_gz(&[TarFile::program("bin/made-up", text.as_bytes())]),
        false => text.into_bytes(),
    })
}

/// A manifest that shows these images and nothing else.
pub(super) fn manifest(images: &[String]) -> String {
    let deployment = |(n, image): (usize, &String)| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: made-up-{n}, namespace: made-up}}\nspec:\n  selector: {{matchLabels: {{app: made-up-{n}}}}}\n  template:\n    metadata: {{labels: {{app: made-up-{n}}}}}\n    spec:\n      containers:\n      - name: made-up\n        image: {image}\n"
        )
    };
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: made-up}\n".to_owned();
    images.iter().enumerate().map(deployment).fold(namespace, |text, more| text + &more)
}

/// A chart whose templates come to such a manifest, with the images in its values.
pub(super) fn chart(url: &str, images: &[String]) -> Vec<u8> {
    let stem = url.rsplit('/').next().unwrap_or(url).trim_end_matches(".tgz");
    let (name, version) = stem.rsplit_once('-').unwrap_or((stem, "0.0.0"));
    let head = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let values = images.iter().enumerate().map(|(n, image)| {
        let (repository, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        format!("image{n}: {{repository: {repository}, tag: {tag}}}\n")
    });
    let templates: Vec<_> = (0..images.len())
        .map(|n| format!("{{{{ .Values.image{n}.repository }}}}:{{{{ .Values.image{n}.tag }}}}"))
        .map(|image| format!("\"{image}\""))
        .collect();
    let path = |file: &str| format!("{name}/{file}");
    tar_gz(&[
        TarFile::new(&path("Chart.yaml"), head.as_bytes()),
        TarFile::new(&path("values.yaml"), values.collect::<String>().as_bytes()),
        TarFile::new(&path("templates/all.yaml"), manifest(&templates).as_bytes()),
        TarFile::new(&path(COMES_TO), manifest(images).as_bytes()),
    ])
}
