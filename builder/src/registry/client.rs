//! Asking registries.

use super::{
    Credentials,
    endpoint::Endpoint,
    manifest::{self, ACCEPT},
    tokens::Tokens,
};
use crate::{
    cache::{Answer, Cache, Ground},
    http::{Download, Downloaded, Expected, HttpClient, HttpError, Request, Small},
    mirrors::Mirrors,
};
use manifests::{Algorithm, Descriptor, Digest, ImageRef, event::Reporter};
use reqwest::header::HeaderMap;
use url::Url;

/// Manifests are lists of digests; the registries' own limit is the same.
const MANIFEST_LIMIT: u64 = 4 << 20;

/// All registries of a run.
#[derive(Debug)]
pub struct Registries<'a> {
    client: &'a HttpClient,
    mirrors: &'a Mirrors,
    tokens: Tokens,
}

/// Which blob to bring, for whom.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The image it belongs to: tells registry and repository.
    pub image: &'a ImageRef,
    /// The blob.
    pub blob: &'a Descriptor,
    /// The thing in the user's words.
    pub name: &'a str,
    /// A bundle that takes the bytes while they arrive.
    pub ground: Option<Ground<'a>>,
}

/// What a name points at.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The manifest, exactly as served.
    pub bytes: Vec<u8>,
    /// Its digest, size and media type; the bytes are in the cache too.
    pub answer: Answer,
}

impl<'a> Registries<'a> {
    /// Registries reached through this client and these mirrors.
    pub fn new(
        client: &'a HttpClient,
        mirrors: &'a Mirrors,
        credentials: Credentials,
    ) -> Result<Self, HttpError> {
        Ok(Self { client, mirrors, tokens: Tokens::new(client, credentials)? })
    }

    /// What a name points at now. Asks with a HEAD first where an earlier
    /// answer may still hold, because hubs count GETs.
    pub async fn resolve(
        &self,
        image: &ImageRef,
        cache: &Cache,
        reporter: &dyn Reporter,
    ) -> Result<Resolved, HttpError> {
        let endpoint = Endpoint::of(image, self.mirrors);
        let request = request(&endpoint, &endpoint.manifest(&image.reference()), true);
        let name = image.to_string();
        let told = (name.as_str(), reporter);
        if let Some(earlier) = remembered(&request, cache)?
            && self.still_holds(&endpoint, &request, &earlier.answer, told).await?
        {
            return Ok(earlier);
        }
        let small = self
            .authorized(&endpoint, request.clone(), told, async |request| {
                self.client.get(&request, MANIFEST_LIMIT, told).await
            })
            .await?;
        as_promised(&request.url, &small)?;
        let algorithm = image.digest().map_or(Algorithm::Sha256, Digest::algorithm);
        let answer = small.answer(&request.url, cache.store(&small.bytes, algorithm)?);
        cache.remember(&answer)?;
        Ok(Resolved { bytes: small.bytes, answer })
    }

    async fn still_holds(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        earlier: &Answer,
        told: (&str, &dyn Reporter),
    ) -> Result<bool, HttpError> {
        let probe = self
            .authorized(endpoint, request.clone(), told, async |request| {
                self.client.probe(&request, earlier, told).await
            })
            .await;
        match probe {
            Ok(probe) => Ok(probe.unchanged || hinted(&probe.headers, &earlier.digest)),
            // Some registries know no HEAD: then only a GET can tell.
            Err(HttpError::Status { status: 400..=499 | 501, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Brings an image manifest, index or config or layer by digest into the cache.
    pub async fn bring(
        &self,
        wanted: Wanted<'_>,
        cache: &Cache,
        reporter: &dyn Reporter,
    ) -> Result<Downloaded, HttpError> {
        let Wanted { image, blob, name, ground } = wanted;
        let endpoint = Endpoint::of(image, self.mirrors);
        let is_manifest = manifest::is_known(&blob.media_type);
        let url = if is_manifest {
            endpoint.manifest(&blob.digest.to_string())
        } else {
            endpoint.blob(&blob.digest)
        };
        let expected = Expected { digest: Some(blob.digest.clone()), size: Some(blob.size) };
        let told = (name, reporter);
        let request = request(&endpoint, &url, is_manifest);
        self.authorized(&endpoint, request, told, async |request| {
            let key = blob.digest.hex();
            let (request, expected) = (&request, &expected);
            let download = Download { request, name, key, expected, conditional: false, ground };
            self.client.download(download, cache, reporter).await
        })
        .await
    }

    /// Runs a request with what worked before, and once more with a new token
    /// when the registry wants one.
    async fn authorized<T>(
        &self,
        endpoint: &Endpoint,
        mut request: Request,
        told: (&str, &dyn Reporter),
        run: impl AsyncFn(Request) -> Result<T, HttpError>,
    ) -> Result<T, HttpError> {
        request.authorization = self.tokens.current(endpoint).await;
        let refused = match run(request.clone()).await {
            Err(error) if error.is_unauthorized() => error,
            other => return other,
        };
        let attempts = self.client.attempts(told);
        let renewed = self.tokens.renew(endpoint, request.authorization.as_ref(), attempts).await?;
        if renewed.is_none() || renewed == request.authorization {
            return Err(refused);
        }
        request.authorization = renewed;
        run(request).await
    }
}

fn request(endpoint: &Endpoint, url: &Url, is_manifest: bool) -> Request {
    let request = Request::new(url, endpoint.mirrored);
    if is_manifest { request.accepting(ACCEPT) } else { request }
}

/// The last answer, with its bytes hashed again.
fn remembered(request: &Request, cache: &Cache) -> Result<Option<Resolved>, HttpError> {
    let Some(answer) = cache.answer(&request.url) else { return Ok(None) };
    Ok(cache.read(&answer.digest)?.map(|bytes| Resolved { bytes, answer }))
}

/// A registry that names the digest we have already need not send it again.
/// The name is only compared with bytes that we hashed ourselves.
fn hinted(headers: &HeaderMap, ours: &Digest) -> bool {
    content_digest(headers).is_some_and(|hint| hint == *ours)
}

fn content_digest(headers: &HeaderMap) -> Option<Digest> {
    headers.get("docker-content-digest")?.to_str().ok()?.parse().ok()
}

/// Refuses a manifest that was changed or cut on its way: what a tag points at has
/// no other digest to be held against, and would be locked as it came.
fn as_promised(url: &Url, small: &Small) -> Result<(), HttpError> {
    let Some(expected) = content_digest(&small.headers) else { return Ok(()) };
    let found = bundles::digest(&small.bytes, expected.algorithm());
    match found == expected {
        true => Ok(()),
        false => Err(HttpError::wrong_bytes(url, expected, found, small.bytes.len() as u64)),
    }
}
