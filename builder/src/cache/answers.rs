//! What servers answered before, so that the next question can be "has it
//! changed?" and cost no body.

use super::{Cache, CacheError, files};
use manifests::Digest;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use url::Url;

/// The last whole answer to a GET of one URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// The URL that was asked, after mirrors.
    pub url: Url,
    /// The entity tag, as the server wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The modification date, as the server wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The media type the server gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How many bytes the body had.
    pub size: u64,
    /// The digest of the body, under which the cache has it.
    pub digest: Digest,
}

impl Cache {
    /// What this URL answered last time, when the body is still here.
    ///
    /// A note that cannot be read is no note: asking again is always right.
    pub fn answer(&self, url: &Url) -> Option<Answer> {
        let text = std::fs::read(self.answer_path(url)).ok()?;
        let answer: Answer = serde_json::from_slice(&text).ok()?;
        let known = answer.url == *url && self.find_sized(&answer.digest, answer.size).is_some();
        known.then_some(answer)
    }

    /// Remembers an answer.
    pub fn remember(&self, answer: &Answer) -> Result<(), CacheError> {
        let text = serde_json::to_vec_pretty(answer).expect("an answer is plain text and numbers");
        files::write_whole(&self.answer_path(&answer.url), &text)
    }

    fn answer_path(&self, url: &Url) -> PathBuf {
        let key = bundles::sha256(url.as_str().as_bytes());
        self.root.join("http").join(format!("{}.json", key.hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_only_while_its_body_is_here() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let url: Url = "https://example.org/a".parse().unwrap();
        let digest = cache.store(b"body", manifests::Algorithm::Sha256).unwrap();
        let answer = Answer {
            url: url.clone(),
            etag: Some("\"1\"".into()),
            last_modified: None,
            content_type: None,
            size: 4,
            digest: digest.clone(),
        };
        cache.remember(&answer).unwrap();
        assert_eq!(cache.answer(&url), Some(answer));
        cache.evict(&digest).unwrap();
        assert_eq!(cache.answer(&url), None);
    }
}
