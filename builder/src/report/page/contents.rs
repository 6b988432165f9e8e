//! Every artifact with its digest, where it comes from and who vouches for it.

use super::{Part, blocks};
use crate::report::{
    components::{ComponentFacts, ImageFacts},
    html::{Html, element, plain},
    totals::Origin,
    words,
};
use console::text;
use manifests::{
    component::Trust,
    lockfile::{FileKind, LockedFile, LockedImage, LockedManifest},
    provenance::{Proof, ProofKind},
};

impl Part<'_> {
    pub(super) fn contents(&self) -> Html {
        let components = self.report.components.iter().enumerate();
        let components = components.map(|(at, component)| self.component(at, component));
        Html::join(components.chain([self.packages()]))
    }

    fn component(&self, at: usize, component: &ComponentFacts<'_>) -> Html {
        let version = blocks::mark("version", component.version.as_str());
        let id = self.component_anchor(at);
        let title =
            element("h4", &[("id", &id)], [component.name.as_str().into(), " ".into(), version]);
        let heads = [words::NAME, words::ARCHITECTURE, words::PROVENANCE, words::SIZE];
        let heads = heads.map(|head| self.say(head));
        let files = component.files.iter().map(|file| self.file(file));
        let images = component.images.iter().map(|image| self.image(image));
        let bodies: Vec<_> = files.chain(images).collect();
        let table = match bodies.is_empty() {
            true => Html::default(),
            false => blocks::table("artifacts", &heads, bodies),
        };
        let head = element("div", &[("class", "head")], [title, self.about(component)]);
        Html::join([head, table])
    }

    fn about(&self, component: &ComponentFacts<'_>) -> Html {
        let unknown = self.say(words::UNKNOWN);
        let homepage =
            component.homepage.map_or(unknown.into(), |page| blocks::code(page.as_str()));
        let mut facts = vec![
            (self.say(words::DESCRIPTION), component.title.unwrap_or(unknown).into()),
            (self.say(words::LICENCE), component.licence.unwrap_or(unknown).into()),
            (self.say(words::HOMEPAGE), homepage),
        ];
        if let Some(why) = component.why {
            facts.push((self.say(words::WHY), why.as_str().into()));
        }
        element("div", &[("class", "about")], blocks::facts(facts))
    }

    fn file(&self, file: &LockedFile) -> Html {
        let kind = match file.kind {
            FileKind::File => words::KIND_FILE,
            FileKind::Manifest => words::KIND_MANIFEST,
            FileKind::Chart => words::KIND_CHART,
        };
        let name = name(self.say(kind), file.name.as_str());
        let arch = file.arch.map_or(self.say(words::ALL_ARCHITECTURES), |arch| arch.as_str());
        let origin = self.origin(file.published, &file.proofs);
        let mut details = vec![
            (self.say(words::SOURCE), blocks::code(file.source.as_str())),
            (self.say(words::DIGEST), blocks::code(&file.digest.to_string())),
        ];
        details.extend(file.proofs.iter().map(|proof| self.proof(proof)));
        artifact([name, arch.into(), origin, text::size(file.size).into()], details)
    }

    fn image(&self, ImageFacts { bytes, image }: &ImageFacts<'_>) -> Html {
        let name = name(self.say(words::KIND_IMAGE), &image.name.to_string());
        let origin = self.origin(image.published, &[]);
        let also = image.also.iter();
        let also = also.map(|name| (self.say(words::ALSO), blocks::code(&name.to_string())));
        let mut details: Vec<_> = also.collect();
        details.push((self.say(words::DIGEST), blocks::code(&image.digest.to_string())));
        let platforms =
            image.manifests.iter().filter(|one| !one.omitted && one.digest != image.digest);
        details.extend(platforms.map(platform_digest));
        if let Some(reason) = &image.stated {
            details.push(("", self.fill(words::STATED, &[("reason", reason)]).into()));
        }
        let cells = [name, self.platforms(image).into(), origin, text::size(*bytes).into()];
        artifact(cells, details)
    }

    fn origin(&self, published: Option<Trust>, proofs: &[Proof]) -> Html {
        match Origin::of(published, proofs) {
            Origin::Project => self.say(words::BY_PROJECT).into(),
            Origin::ThirdParty => self.say(words::BY_OTHERS).into(),
            Origin::FirstSeen => self.say(words::FIRST_SEEN).into(),
        }
    }

    fn proof(&self, proof: &Proof) -> (&'static str, Html) {
        let kind = match proof.kind {
            ProofKind::Checksums => words::PROOF_CHECKSUMS,
            ProofKind::Openpgp => words::PROOF_OPENPGP,
            ProofKind::Cosign => words::PROOF_COSIGN,
        };
        let source = blocks::code(proof.source.as_str());
        let key = proof.signed_by.as_ref().map(ToString::to_string);
        let signer = key.or_else(|| proof.identity.clone());
        let signer = signer.map(|signer| self.fill(words::SIGNED_BY, &[("signer", &signer)]));
        let signer = signer.map(|signer| format!(", {signer}").into()).unwrap_or_default();
        (self.say(kind), Html::join([source, signer]))
    }

    /// What the platforms carried differ in, and how many more the index names;
    /// each stands whole beside its digest.
    fn platforms(&self, image: &LockedImage) -> String {
        let carried = image.manifests.iter().filter(|manifest| !manifest.omitted);
        let mut names: Vec<_> = carried.map(|one| platform(one).replace("linux/", "")).collect();
        names.dedup();
        let names = names.join(", ");
        match image.manifests.iter().filter(|manifest| manifest.omitted).count() {
            0 => names,
            count => format!("{names} ({})", self.fill(words::LEFT_OUT, &[("count", &count)])),
        }
    }
}

fn name(kind: &str, name: &str) -> Html {
    Html::join([blocks::mark("mark", kind), " ".into(), blocks::code(name)])
}

/// A row of facts, and a row as wide as the page for what is long.
fn artifact([name, arch, origin, size]: [Html; 4], details: Vec<(&str, Html)>) -> Html {
    let first =
        [blocks::row_head(name), blocks::cell(arch), blocks::cell(origin), blocks::number(size)];
    let detail = |(what, value): (&str, Html)| {
        let what = if what.is_empty() { Html::default() } else { plain("b", what) };
        plain("div", [what, value])
    };
    let details: Vec<_> = details.into_iter().map(detail).collect();
    let wide = element("td", &[("colspan", "4"), ("class", "details")], details);
    blocks::body([blocks::row(first), plain("tr", wide)])
}

fn platform(manifest: &LockedManifest) -> String {
    manifest.platform.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string)
}

fn platform_digest(manifest: &LockedManifest) -> (&'static str, Html) {
    let platform = plain("b", platform(manifest));
    ("", Html::join([platform, blocks::code(&manifest.digest.to_string())]))
}
