//! The bills of materials that a bundle carries: artifacts like the lockfile,
//! verified like all others.

use super::{Bundle, complete};
use crate::{error::BundleError, format::manifest::Kind, plan::SbomDocument};
use manifests::SbomFormat;

/// Largest document that is read: ten times what a whole platform has.
const LIMIT: u64 = 256 * 1024 * 1024;

impl Bundle {
    /// The bill of materials in this format, or `None` when the bundle carries
    /// none.
    pub fn sbom(&self, format: SbomFormat) -> Result<Option<SbomDocument>, BundleError> {
        let begin = format!("bottari/sbom-{format}:");
        let mut names = self.manifest().names.iter();
        let name = names.find(|it| it.kind == Kind::Sbom && it.name.starts_with(&begin));
        let Some(name) = name else { return Ok(None) };
        let layers = complete::document(self, &name.digest)?.layers;
        let [layer] = &layers[..] else {
            return Err(self.wrong(format!("`{}` is not one document", name.name)));
        };
        let text = self.bytes(&layer.digest, LIMIT)?;
        Ok(Some(SbomDocument { format, text, scanner: self.scanner().to_owned() }))
    }

    /// What looked into the blobs, by the encoder id.
    fn scanner(&self) -> &str {
        let mut words = self.manifest().encoder.split(' ');
        words.find_map(|word| word.strip_prefix("sbom-")).unwrap_or_default()
    }
}
