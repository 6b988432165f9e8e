//! Rendering: a manifest in, the same manifest with its patches out.

use super::{
    Change, Patch, RenderError, Target,
    merge::{self, Misfit},
    plain,
    stream::{self, Document},
};
use serde_json::Value;
use std::borrow::Cow;

/// Largest manifest that is read, in bytes.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// Applies patches to a manifest, one after the other. The same inputs give the
/// same bytes. Without patches these are upstream's; with them, so is every
/// document that no patch names, and a patched one is written as JSON.
pub fn render<'a>(manifest: &'a [u8], patches: &[Patch]) -> Result<Cow<'a, [u8]>, RenderError> {
    if manifest.len() > LARGEST {
        return Err(RenderError::TooLarge { found: manifest.len(), most: LARGEST });
    }
    if patches.is_empty() {
        return Ok(Cow::Borrowed(manifest));
    }
    let text = str::from_utf8(manifest).map_err(RenderError::NotText)?;
    let mut documents = stream::read(text)?;
    for patch in patches {
        let (document, index) = find(&mut documents, &patch.target)?;
        check_plain(document, &patch.target)?;
        let object = document.object(index);
        let before = object.clone();
        apply(object, patch)?;
        if *object == before {
            return Err(RenderError::Stale { target: patch.target.clone() });
        }
        document.changed = true;
    }
    Ok(Cow::Owned(stream::write(&documents).into_bytes()))
}

/// The document that holds the target, and which of its objects it is.
fn find<'d, 'a>(
    documents: &'d mut [Document<'a>],
    target: &Target,
) -> Result<(&'d mut Document<'a>, usize), RenderError> {
    let mut places = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let objects = document.objects().into_iter().enumerate();
        let matching = objects.filter(|(_, object)| is_target(object, target));
        places.extend(matching.map(|(index, _)| (number, index)));
    }
    match places[..] {
        [(number, index)] => Ok((&mut documents[number], index)),
        [] => Err(RenderError::NotFound { target: target.clone() }),
        _ => Err(RenderError::Ambiguous { target: target.clone(), found: places.len() }),
    }
}

fn is_target(object: &Value, target: &Target) -> bool {
    let metadata = &object["metadata"];
    let namespace = target.namespace.as_ref();
    object["kind"] == target.kind.as_str()
        && metadata["name"] == target.name.as_str()
        && namespace.is_none_or(|namespace| metadata["namespace"] == namespace.as_str())
}

/// Upstream's text is looked at; what is ours already is clear.
fn check_plain(document: &Document<'_>, target: &Target) -> Result<(), RenderError> {
    if document.changed {
        return Ok(());
    }
    match plain::unclear(document.text) {
        None => Ok(()),
        Some((text, line)) => {
            let (target, line) = (target.clone(), document.line + line - 1);
            Err(RenderError::Unclear { target, text, line })
        }
    }
}

fn apply(object: &mut Value, patch: &Patch) -> Result<(), RenderError> {
    let target = || patch.target.clone();
    match &patch.change {
        Change::Merge(map) => merge::merge(object, &Value::Object(map.clone()), "")
            .map_err(|Misfit { path, why }| RenderError::Misfit { target: target(), path, why }),
        Change::Json(operations) => json_patch::patch(object, operations)
            .map_err(|source| RenderError::Operation { target: target(), source }),
    }
}
