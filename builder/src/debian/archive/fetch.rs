//! One question to an archive: a small file that may have changed, or a list that
//! is named by its digest.

use super::{ArchiveError, Archives, choose::Form};
use crate::{
    debian::IndexFile,
    http::{Download, Expected, HttpError, Renewable, Renewed},
};
use url::Url;

/// Most bytes of what an archive says of itself, and of key files. The largest of
/// Ubuntu has a quarter of a MiB.
const SMALL: u64 = 16 * 1024 * 1024;

impl Archives<'_> {
    /// A small file, as it is now.
    pub(super) async fn small(&self, url: &Url, name: &str) -> Result<Renewed, HttpError> {
        let request = &self.network.request(url);
        let file = Renewable { request, name, limit: SMALL };
        self.network.client.renew(file, self.cache, self.reporter).await
    }

    /// The packed bytes of a list, checked; asked for only when they are not here.
    pub(super) async fn packed(
        &self,
        form: &Form,
        places: &[Url],
        name: &str,
    ) -> Result<Vec<u8>, ArchiveError> {
        let digest = &form.file.digest;
        if form.file.size == 0 {
            // Mirrors have no such file, and there is nothing to know about it.
            return Ok(Vec::new());
        }
        // The second time only when the first read found damage and forgot them.
        for _ in 0..2 {
            self.bring(&form.file, places, name).await?;
            if let Some(bytes) = self.cache.read(digest)? {
                return Ok(bytes);
            }
        }
        Err(ArchiveError::Gone(digest.clone()))
    }

    /// Tries the places in turn; that a list is not at one of them means nothing.
    async fn bring(
        &self,
        file: &IndexFile,
        places: &[Url],
        name: &str,
    ) -> Result<(), ArchiveError> {
        let mut absent = None;
        for url in places {
            let (size, digest) = (Some(file.size), Some(file.digest.clone()));
            let (request, expected) = (&self.network.request(url), &Expected { digest, size });
            let key = file.digest.hex();
            let download =
                Download { request, name, key, expected, conditional: false, ground: None };
            match self.network.client.download(download, self.cache, self.reporter).await {
                Ok(_) => return Ok(()),
                Err(error) if is_absent(&error) => absent = Some((url, error)),
                Err(error) => return Err(ArchiveError::list(url, error)),
            }
        }
        let (url, error) = absent.expect("a list has at least one place");
        Err(ArchiveError::list(url, error))
    }
}

/// Whether there is no such file. Stores of objects say 403 for that.
pub(super) fn is_absent(error: &HttpError) -> bool {
    matches!(error.root(), HttpError::Missing { .. } | HttpError::Refused { status: 403, .. })
}

/// A place below another. What means something in addresses is escaped, as apt does
/// it.
pub(crate) fn below(root: &Url, path: &str) -> Url {
    let mut url = root.clone();
    url.path_segments_mut()
        .expect("definitions hold only http addresses")
        .pop_if_empty()
        .extend(path.split('/'));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_escaped_where_addresses_need_it() {
        let root = "https://a.io/debian".parse().unwrap();
        let path = "pool/g/g++_1%3a2~3+4_amd64.deb";
        let url = below(&root, path);
        assert_eq!(url.as_str(), "https://a.io/debian/pool/g/g++_1%253a2~3+4_amd64.deb");
        assert_eq!(below(&"https://a.io".parse().unwrap(), "x?y").as_str(), "https://a.io/x%3Fy");
    }
}
