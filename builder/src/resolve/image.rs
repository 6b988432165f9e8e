//! Locking one image: tag to digest, the index, every wanted image manifest,
//! and its config. Layers are named by the manifests and not downloaded yet.

use super::{
    Context, LockError,
    plan::ImageWork,
    select::{is_carried, listed, missing},
};
use crate::{
    cache::CacheError,
    http::HttpError,
    registry::{Child, Image, ImageManifest, ManifestError, Wanted, is_index, media_type, parse},
};
use manifests::{
    Descriptor, ImageRef, Platform,
    lockfile::{LockedImage, LockedLayer, LockedManifest},
};

pub(super) async fn lock(
    work: &ImageWork,
    context: &Context<'_>,
) -> Result<LockedImage, LockError> {
    let puller = Puller { image: &work.source.name, name: work.name(), context };
    let (root, bytes) = puller.root(work).await?;
    let manifests = match puller.parse(&bytes, &root.media_type)? {
        Image::Index(children) => puller.children(children).await?,
        Image::Manifest(manifest) => vec![puller.only(&root, manifest).await?],
    };
    Ok(LockedImage {
        name: work.source.name.clone(),
        component: work.pick.name.clone(),
        version: work.version(),
        also: work.also.clone(),
        digest: root.digest,
        size: root.size,
        media_type: root.media_type,
        published: work.source.published.as_ref().map(|published| published.trust),
        roles: work.source.roles.clone(),
        stated: work.source.stated.clone(),
        manifests,
    })
}

struct Puller<'a> {
    image: &'a ImageRef,
    name: String,
    context: &'a Context<'a>,
}

impl Puller<'_> {
    /// What the tag points at, compared with the digest in the name and with
    /// the published one.
    async fn root(&self, work: &ImageWork) -> Result<(Descriptor, Vec<u8>), LockError> {
        let Context { registries, cache, reporter, .. } = *self.context;
        let resolved = registries.resolve(self.image, cache, reporter).await;
        let resolved = resolved.map_err(|error| self.failed(error))?;
        let published = work.source.published.as_ref();
        let published = published
            .and_then(|published| Some((published.any.as_ref()?, published.source.as_str())));
        let named = self.image.digest().map(|digest| (digest, "the image's own name"));
        for (expected, publisher) in published.into_iter().chain(named) {
            let found = bundles::digest(&resolved.bytes, expected.algorithm());
            if found != *expected {
                return Err(LockError::Published {
                    artifact: self.name.clone(),
                    publisher: publisher.to_owned(),
                    expected: expected.clone(),
                    found,
                });
            }
        }
        let served = resolved.answer.content_type.as_deref();
        let media_type = media_type(&resolved.bytes, served).map_err(|error| self.wrong(error))?;
        let (digest, size) = (resolved.answer.digest, resolved.answer.size);
        Ok((Descriptor { digest, size, media_type }, resolved.bytes))
    }

    async fn children(&self, children: Vec<Child>) -> Result<Vec<LockedManifest>, LockError> {
        if let Some(inner) = children.iter().find(|child| is_index(&child.descriptor.media_type)) {
            let (image, digest) = (self.image.to_string(), inner.descriptor.digest.clone());
            return Err(LockError::NestedIndex { image, digest });
        }
        let platforms: Vec<_> = children.iter().map(|child| child.platform.as_ref()).collect();
        self.expect_platforms(&platforms)?;
        let mut locked = Vec::with_capacity(children.len());
        for child in children {
            locked.push(self.child(child).await?);
        }
        Ok(locked)
    }

    async fn child(&self, child: Child) -> Result<LockedManifest, LockError> {
        let Context { arches, all_platforms, .. } = *self.context;
        if !is_carried(&child, arches, all_platforms) {
            return Ok(locked(child.descriptor, child.platform, None));
        }
        let bytes = self.bring(&child.descriptor).await?;
        match self.parse(&bytes, &child.descriptor.media_type)? {
            Image::Manifest(manifest) => {
                self.bring(&manifest.config).await?;
                Ok(locked(child.descriptor, child.platform, Some(manifest)))
            }
            Image::Index(_) => {
                let (image, digest) = (self.image.to_string(), child.descriptor.digest);
                Err(LockError::NestedIndex { image, digest })
            }
        }
    }

    /// An image without index: its config tells what it runs on.
    async fn only(
        &self,
        root: &Descriptor,
        manifest: ImageManifest,
    ) -> Result<LockedManifest, LockError> {
        let platform = platform(&self.bring(&manifest.config).await?);
        if platform.is_some() {
            self.expect_platforms(&[platform.as_ref()])?;
        }
        Ok(locked(root.clone(), platform, Some(manifest)))
    }

    fn expect_platforms(&self, platforms: &[Option<&Platform>]) -> Result<(), LockError> {
        match missing(platforms, self.context.arches) {
            None => Ok(()),
            Some(wanted) => {
                let (image, found) = (self.image.to_string(), listed(platforms));
                Err(LockError::Platform { image, wanted, found })
            }
        }
    }

    /// A manifest or config by digest: from the cache, else from the registry.
    async fn bring(&self, blob: &Descriptor) -> Result<Vec<u8>, LockError> {
        let Context { registries, cache, reporter, .. } = *self.context;
        if cache.has(blob)
            && let Some(bytes) = cache.read(&blob.digest)?
        {
            return Ok(bytes);
        }
        let wanted = Wanted { image: self.image, blob, name: &self.name, ground: None };
        registries.bring(wanted, cache, reporter).await.map_err(|error| self.failed(error))?;
        let gone = || CacheError::Gone { digest: blob.digest.clone() };
        Ok(cache.read(&blob.digest)?.ok_or_else(gone)?)
    }

    fn parse(&self, bytes: &[u8], media_type: &str) -> Result<Image, LockError> {
        parse(bytes, media_type).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, source: ManifestError) -> LockError {
        LockError::Manifest { image: self.image.to_string(), source }
    }

    fn failed(&self, error: HttpError) -> LockError {
        LockError::source(&self.name, None, error)
    }
}

fn locked(
    descriptor: Descriptor,
    platform: Option<Platform>,
    manifest: Option<ImageManifest>,
) -> LockedManifest {
    let Descriptor { digest, size, media_type } = descriptor;
    let omitted = manifest.is_none();
    let (config, layers) = manifest.map(|m| (m.config, m.layers)).unzip();
    let layers = layers.unwrap_or_default().into_iter().map(layer).collect();
    LockedManifest { platform, digest, size, media_type, omitted, config, layers }
}

fn layer((descriptor, urls): (Descriptor, Vec<url::Url>)) -> LockedLayer {
    let Descriptor { digest, size, media_type } = descriptor;
    LockedLayer { digest, size, media_type, urls }
}

/// What an image config says it runs on. Artifacts that are no images say nothing.
fn platform(config: &[u8]) -> Option<Platform> {
    #[derive(serde::Deserialize)]
    struct Config {
        os: String,
        architecture: String,
        variant: Option<String>,
    }
    let config: Config = serde_json::from_slice(config).ok()?;
    Platform::new(&config.os, &config.architecture, config.variant.as_deref()).ok()
}
