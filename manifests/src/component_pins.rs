//! What holds the artifacts of a component to certain bytes: published digests,
//! lists of checksums, signatures.

use crate::component::{Contents, FileSource, ImageSource};

/// Takes every published digest and signature away, also digests in names; says
/// whether there was one.
pub(crate) fn unpin(contents: &mut Contents) -> bool {
    let Contents { files, manifests, charts, images, .. } = contents;
    let files = files.iter_mut().chain(manifests).chain(charts);
    let files = files.map(unpin_file).filter(|was_pinned| *was_pinned).count();
    let images = images.iter_mut().map(unpin_image).filter(|was_pinned| *was_pinned).count();
    files + images > 0
}

fn unpin_file(file: &mut FileSource) -> bool {
    let signed = file.openpgp.take().is_some() | file.cosign.take().is_some();
    file.published.take().is_some() | file.checksums.take().is_some() | signed
}

fn unpin_image(image: &mut ImageSource) -> bool {
    let unnamed = image.name.clone().by_tag();
    let was_named = std::mem::replace(&mut image.name, unnamed) != image.name;
    image.published.take().is_some() || was_named
}
