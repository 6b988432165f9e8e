//! Where a registry really is.

use crate::{
    http::{Login, without_credentials},
    mirrors::Mirrors,
};
use manifests::{Digest, ImageRef};
use url::Url;

/// Docker Hub's name in image references, and the host that serves it.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// One repository at the place where it is asked for, after mirrors.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// `https://host:port`, without credentials.
    pub(super) base: Url,
    /// The repository there, with the mirror's prefix.
    pub(super) repository: String,
    /// Whether a mirrors file chose the place.
    pub(super) mirrored: bool,
    /// Credentials written into the mirrors file.
    pub(super) login: Option<Login>,
}

impl Endpoint {
    pub(super) fn of(image: &ImageRef, mirrors: &Mirrors) -> Self {
        let repository = image.repository();
        match mirrors.registry(image.registry()) {
            None => Self {
                base: upstream(image.registry()),
                repository: repository.to_owned(),
                mirrored: false,
                login: None,
            },
            Some(to) => {
                let (mut url, login) = without_credentials(&to);
                let prefix = url.path().trim_matches('/').to_owned();
                url.set_path("");
                let repository = match prefix.as_str() {
                    "" => repository.to_owned(),
                    prefix => format!("{prefix}/{repository}"),
                };
                Self { base: url, repository, mirrored: true, login }
            }
        }
    }

    /// Host and port, for tokens and credentials.
    pub(super) fn host(&self) -> &str {
        self.base.authority()
    }

    pub(super) fn manifest(&self, reference: &str) -> Url {
        self.below("manifests", reference)
    }

    pub(super) fn blob(&self, digest: &Digest) -> Url {
        self.below("blobs", &digest.to_string())
    }

    fn below(&self, kind: &str, name: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{}/{kind}/{name}", self.repository));
        url
    }
}

fn upstream(registry: &str) -> Url {
    let host = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { registry };
    Url::parse(&format!("https://{host}")).expect("an image name holds a host and a port")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn docker_hub_has_another_host_than_name() {
        let endpoint = Endpoint::of(&"nginx:1".parse().unwrap(), &Mirrors::default());
        let url = endpoint.manifest("1");
        assert_eq!(url.as_str(), "https://registry-1.docker.io/v2/library/nginx/manifests/1");
    }

    #[test]
    fn a_mirrors_path_goes_in_front_of_the_repository() {
        let text = "registries:\n- from: quay.io\n  to: http://u:p@127.0.0.1:5000/q/r/\n";
        let mirrors = Mirrors::parse(Path::new("m"), text).unwrap();
        let endpoint = Endpoint::of(&"quay.io/a/b:1".parse().unwrap(), &mirrors);
        assert_eq!(endpoint.manifest("1").as_str(), "http://127.0.0.1:5000/v2/q/r/a/b/manifests/1");
        assert_eq!(endpoint.host(), "127.0.0.1:5000");
        assert_eq!(endpoint.login.unwrap().password, "p");
    }
}
