//! What the operator should know of an overlay beside these bundles, found once
//! when serving begins.

use super::{overlay::Overlay, place::Place, refusal::WriteRefusal, repository::names};
use crate::serve::{holdings::Holdings, names::RepositoryName};
use manifests::Digest;

/// Names that are told of each kind.
const SHOWN: usize = 3;

impl Overlay {
    /// Remarks on pushed tags that a bundle has taken over, and on images whose
    /// blobs were in a bundle that is not served any more.
    pub(crate) fn survey(&self, holdings: &Holdings) -> Vec<String> {
        let (mut hidden, mut broken) = (Vec::new(), Vec::new());
        let Ok(repositories) = self.repositories() else { return Vec::new() };
        for name in repositories {
            // What cannot be read has been told already.
            hidden.extend(self.hidden(&name, holdings).unwrap_or_default());
            if self.lacks_blobs(&name, holdings).unwrap_or(false) {
                broken.push(format!("`{name}`"));
            }
        }
        let hidden =
            remark(&hidden, "pushed earlier, now in a bundle too: the bundle's image is served");
        let broken = remark(
            &broken,
            "has images whose layers came out of a bundle that is not served here any more: serve that bundle too, or push them again",
        );
        hidden.into_iter().chain(broken).collect()
    }

    fn hidden(
        &self,
        name: &RepositoryName,
        holdings: &Holdings,
    ) -> Result<Vec<String>, WriteRefusal> {
        let Some(held) = holdings.tags(name) else { return Ok(Vec::new()) };
        let mut hidden = Vec::new();
        for tag in self.tags(name)? {
            let pushed = self.tag(name, &tag)?;
            if held.get(tag.as_str()).is_some_and(|held| pushed.as_ref() != Some(held)) {
                hidden.push(format!("`{name}:{tag}`"));
            }
        }
        Ok(hidden)
    }

    fn lacks_blobs(
        &self,
        name: &RepositoryName,
        holdings: &Holdings,
    ) -> Result<bool, WriteRefusal> {
        let links = self.root.list(&Place::links(name)).map_err(|error| self.broken(&error))?;
        for digest in names::<Digest>(links) {
            let look =
                self.root.look(&Place::blob(&digest)).map_err(|error| self.broken(&error))?;
            if look.is_none() && holdings.blob(&digest).is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn remark(names: &[String], what: &str) -> Option<String> {
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("{shown}{more}: {what}"))
}
