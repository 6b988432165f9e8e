//! What a registry's `manifests/` endpoint can give: an index or one image.

use manifests::{Descriptor, Digest, Platform};
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, ImageIndexEntry,
    OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageIndex,
    OciImageManifest,
};
use serde::Deserialize;
use url::Url;

/// What we can read, in one `Accept` header.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A parsed manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// Several images, one per platform.
    Index(Vec<Child>),
    /// One image.
    Manifest(ImageManifest),
}

/// One entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The image manifest.
    pub descriptor: Descriptor,
    /// What it runs on, when the index tells.
    pub platform: Option<Platform>,
}

/// One image's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageManifest {
    /// The image config.
    pub config: Descriptor,
    /// The layers, lowest first, with the addresses of foreign ones.
    pub layers: Vec<(Descriptor, Vec<Url>)>,
}

/// Why bytes are not a manifest that we can carry.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Schema 1, which names no config and cannot be verified by digest.
    #[error("expected an OCI or Docker schema 2 manifest, found Docker schema 1")]
    SchemaOne,
    /// Some other media type.
    #[error("expected an OCI or Docker image manifest, found `{0}`")]
    MediaType(String),
    /// Not the JSON it should be.
    #[error("the manifest cannot be read")]
    Json(#[from] serde_json::Error),
    /// A value inside is wrong.
    #[error("the manifest is wrong: {0}")]
    Value(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schema_version: u8,
    media_type: Option<String>,
    #[serde(default)]
    manifests: Option<serde::de::IgnoredAny>,
}

/// The media type of a manifest: what it says itself, else what the server
/// says, else what its fields show.
pub(crate) fn media_type(bytes: &[u8], served: Option<&str>) -> Result<String, ManifestError> {
    let head: Head = serde_json::from_slice(bytes)?;
    if head.schema_version == 1 {
        return Err(ManifestError::SchemaOne);
    }
    let shape = match head.manifests {
        Some(_) => OCI_IMAGE_INDEX_MEDIA_TYPE,
        None => OCI_IMAGE_MEDIA_TYPE,
    };
    let served = served.and_then(|served| served.split(';').next()).map(str::trim);
    let served = served.filter(|served| is_known(served));
    let found = head.media_type.as_deref().or(served).unwrap_or(shape);
    if is_known(found) {
        Ok(found.to_owned())
    } else {
        Err(ManifestError::MediaType(found.to_owned()))
    }
}

pub(crate) fn is_index(media_type: &str) -> bool {
    [OCI_IMAGE_INDEX_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE].contains(&media_type)
}

/// Whether a registry serves this as a manifest, not as a blob.
pub(super) fn is_known(media_type: &str) -> bool {
    is_index(media_type) || is_manifest(media_type)
}

fn is_manifest(media_type: &str) -> bool {
    [OCI_IMAGE_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE].contains(&media_type)
}

/// Reads a manifest whose media type is known.
pub(crate) fn parse(bytes: &[u8], media_type: &str) -> Result<Image, ManifestError> {
    if is_index(media_type) {
        let index: OciImageIndex = serde_json::from_slice(bytes)?;
        let children = index.manifests.into_iter().map(child).collect::<Result<_, _>>()?;
        return Ok(Image::Index(children));
    }
    let manifest: OciImageManifest = serde_json::from_slice(bytes)?;
    let layers = manifest.layers.into_iter().map(layer).collect::<Result<_, _>>()?;
    let config = manifest.config;
    let config = descriptor(&config.digest, config.size, config.media_type)?;
    Ok(Image::Manifest(ImageManifest { config, layers }))
}

fn child(entry: ImageIndexEntry) -> Result<Child, ManifestError> {
    let platform = entry.platform.map(|platform| {
        let (os, architecture) = (platform.os.to_string(), platform.architecture.to_string());
        Platform::new(&os, &architecture, platform.variant.as_deref())
    });
    let platform = platform.transpose().map_err(|error| ManifestError::Value(error.to_string()))?;
    let descriptor = descriptor(&entry.digest, entry.size, entry.media_type)?;
    Ok(Child { descriptor, platform })
}

fn layer(layer: OciDescriptor) -> Result<(Descriptor, Vec<Url>), ManifestError> {
    let urls = layer.urls.unwrap_or_default();
    let urls = urls.iter().map(|text| foreign(text)).collect::<Result<_, _>>()?;
    Ok((descriptor(&layer.digest, layer.size, layer.media_type)?, urls))
}

fn foreign(text: &str) -> Result<Url, ManifestError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| ManifestError::Value(format!("`{text}` is not an address of a layer")))
}

fn descriptor(digest: &str, size: i64, media_type: String) -> Result<Descriptor, ManifestError> {
    let digest: Digest =
        digest.parse().map_err(|error| ManifestError::Value(format!("{error}")))?;
    let size = u64::try_from(size)
        .map_err(|_negative| ManifestError::Value(format!("{digest} has size {size}")))?;
    Ok(Descriptor { digest, size, media_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";

    fn refused(text: &str) -> String {
        let read = media_type(text.as_bytes(), None);
        read.and_then(|media_type| parse(text.as_bytes(), &media_type)).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_without_media_type_is_known_by_what_the_server_says_or_by_its_shape() {
        let index = br#"{"schemaVersion": 2, "manifests": []}"#;
        assert_eq!(media_type(index, None).unwrap(), OCI_IMAGE_INDEX_MEDIA_TYPE);
        let served = "application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8";
        assert_eq!(media_type(index, Some(served)).unwrap(), IMAGE_MANIFEST_LIST_MEDIA_TYPE);
        assert_eq!(media_type(index, Some("text/plain")).unwrap(), OCI_IMAGE_INDEX_MEDIA_TYPE);
    }

    #[test]
    fn every_platform_of_an_index_keeps_its_name() {
        let platforms = [
            "linux/amd64",
            "linux/386",
            "linux/arm/v5",
            "linux/arm/v7",
            "linux/arm64/v8",
            "linux/mips64le",
            "linux/ppc64le",
            "linux/riscv64",
            "linux/s390x",
            "linux/loong64",
            "windows/amd64",
            "unknown/unknown",
        ];
        let entry = |platform: &&str| {
            let parts: Vec<_> = platform.split('/').collect();
            let variant = parts.get(2).map(|v| format!(r#","variant":"{v}""#)).unwrap_or_default();
            format!(
                r#"{{"mediaType":"{OCI_IMAGE_MEDIA_TYPE}","digest":"sha256:{HEX}","size":1,
                "platform":{{"os":"{}","architecture":"{}"{variant}}}}}"#,
                parts[0], parts[1]
            )
        };
        let entries: Vec<_> = platforms.iter().map(entry).collect();
        let text = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
        let Image::Index(children) = parse(text.as_bytes(), OCI_IMAGE_INDEX_MEDIA_TYPE).unwrap()
        else {
            panic!("an index is an index")
        };
        let found: Vec<_> =
            children.iter().map(|child| child.platform.as_ref().unwrap().to_string()).collect();
        assert_eq!(found, platforms);
    }

    #[test]
    fn schema_one_and_other_things_are_refused_by_name() {
        assert!(refused(r#"{"schemaVersion": 1}"#).contains("found Docker schema 1"));
        let helm = r#"{"schemaVersion": 2, "mediaType": "application/x"}"#;
        assert!(refused(helm).contains("found `application/x`"));
    }

    #[test]
    fn values_that_could_do_harm_are_refused() {
        let manifest = |digest: &str, size: i64, url: &str| {
            format!(
                r#"{{"schemaVersion": 2, "config": {{"mediaType": "c", "digest": "sha256:{HEX}", "size": 1}},
                "layers": [{{"mediaType": "l", "digest": "{digest}", "size": {size}, "urls": ["{url}"]}}]}}"#
            )
        };
        let good = format!("sha256:{HEX}");
        assert!(refused(&manifest("sha256:../../x", 1, "https://a/")).contains("hex digits"));
        assert!(refused(&manifest(&good, -1, "https://a/")).contains("has size -1"));
        assert!(refused(&manifest(&good, 1, "file:///etc")).contains("is not an address"));
        let text = manifest(&good, 1, "https://a/");
        assert!(matches!(parse(text.as_bytes(), OCI_IMAGE_MEDIA_TYPE), Ok(Image::Manifest(_))));
    }
}
