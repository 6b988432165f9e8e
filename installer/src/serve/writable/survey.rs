//! What the operator should know of an overlay beside these bundles, found when
//! serving begins and when bundles come or go.

use super::{
    overlay::Overlay,
    place::{Place, Tag},
    refusal::WriteRefusal,
    repository::names,
};
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
            let tags = self.hidden(&name, holdings).unwrap_or_default();
            hidden.extend(tags.iter().map(|tag| format!("`{name}:{tag}`")));
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

    /// Remarks on pushed tags that stood behind a bundle's before, and are served now
    /// that no bundle has them: what is signed turns into what is not.
    pub(crate) fn uncovered(&self, before: &Holdings, now: &Holdings) -> Vec<String> {
        let Ok(repositories) = self.repositories() else { return Vec::new() };
        let mut uncovered = Vec::new();
        for name in repositories {
            let held =
                |tag: &Tag| now.tags(&name).is_some_and(|tags| tags.contains_key(tag.as_str()));
            let hidden = self.hidden(&name, before).unwrap_or_default();
            let shown = hidden.into_iter().filter(|tag| !held(tag));
            uncovered.extend(shown.map(|tag| format!("`{name}:{tag}`")));
        }
        let what = "its bundle is gone, and what was pushed earlier is served instead: delete the tag if that is not wanted";
        remark(&uncovered, what).into_iter().collect()
    }

    fn hidden(&self, name: &RepositoryName, holdings: &Holdings) -> Result<Vec<Tag>, WriteRefusal> {
        let Some(held) = holdings.tags(name) else { return Ok(Vec::new()) };
        let mut hidden = Vec::new();
        for tag in self.tags(name)? {
            let pushed = self.tag(name, &tag)?;
            if held.get(tag.as_str()).is_some_and(|held| pushed.as_ref() != Some(held)) {
                hidden.push(tag);
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
