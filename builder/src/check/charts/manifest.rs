//! What a chart comes to: a manifest that says of each object which template it
//! is from.

use super::{Apis, ChartError, brought_by};
use crate::check::{
    finding::Finding,
    read::{self, ManifestName},
};
use manifests::{lockfile::LockedFile, patch};
use serde_json::Value;

/// How Helm begins each object.
const SOURCE: &str = "# Source: ";

/// A chart, rendered and parsed.
#[derive(Debug)]
pub(super) struct Manifest<'a> {
    pub(super) file: &'a LockedFile,
    text: String,
    documents: Vec<(usize, Value)>,
}

impl<'a> Manifest<'a> {
    pub(super) fn parse(file: &'a LockedFile, text: String) -> Result<Self, ChartError> {
        let documents = patch::documents(&text).map_err(ChartError::Unreadable)?;
        Ok(Self { file, text, documents })
    }

    pub(super) fn objects(&self) -> usize {
        self.documents.len()
    }

    pub(super) fn apis(&self) -> Apis {
        self.documents.iter().flat_map(|(_, document)| brought_by(document)).collect()
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let lines: Vec<_> = self.text.lines().collect();
        let template = |line| template(&lines, line);
        read::findings(ManifestName::of(self.file), &self.documents, template)
    }
}

/// The template of the document that begins in this line, without the name of the
/// chart. Helm writes it below the `---` of each object, and above the first of
/// several definitions in one file.
fn template(lines: &[&str], line: usize) -> Option<String> {
    let head = lines.get(..=line).unwrap_or(lines);
    let source = head.iter().rev().find_map(|line| line.strip_prefix(SOURCE))?;
    let inside = source.split_once('/').map_or(source, |(_, inside)| inside);
    Some(inside.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_is_told_with_its_template() {
        let text = "---\n# Source: c/crds/a.yaml\na: 1\n---\nb: 1\n---\n# Source: c/charts/sub/templates/x.yaml\nc: 1\n";
        let lines: Vec<_> = text.lines().collect();
        let documents = patch::documents(text).unwrap();
        let templates: Vec<_> =
            documents.iter().map(|(line, _)| template(&lines, *line).unwrap()).collect();
        assert_eq!(templates, ["crds/a.yaml", "crds/a.yaml", "charts/sub/templates/x.yaml"]);
        assert_eq!(template(&["a: 1"], 1), None);
    }
}
