//! What the name of a field, a variable or a flag says of its value.

/// Whether the value is an image: `image`, `proxyImage`, `ROOK_CSI_CEPH_IMAGE`,
/// `--pod-image`, `imageRef`; but not `imagePullPolicy` or `imageRepository`.
pub(super) fn says_image(name: &str) -> bool {
    let words = words(name);
    let ends = |word: &String| word.ends_with("image") || word.ends_with("images");
    let last = words.last();
    let is_detail =
        |word: &String| ["name", "ref", "reference", "url", "uri"].contains(&word.as_str());
    let is_related = words.windows(2).any(|pair| pair == ["related", "image"]);
    let before = words.len().checked_sub(2).map(|index| &words[index]);
    last.is_some_and(ends)
        || (last.is_some_and(is_detail) && before.is_some_and(ends))
        || is_related
}

/// Whether the value is something to fetch: `DOWNLOAD_URL`, `--git-repo`.
pub(super) fn says_fetch(name: &str) -> bool {
    let says = ["download", "repo", "repository", "git"];
    words(name).iter().any(|word| says.contains(&word.as_str()))
}

/// The words of a name in small letters: cut at everything that is neither
/// letter nor digit, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && was_small);
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.iter_mut().last().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        was_small = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_end_in_image_say_so() {
        for name in [
            "image",
            "images",
            "sidecar.istio.io/proxyImage",
            "ROOK_CSI_CEPH_IMAGE",
            "RELATED_IMAGE_OPERATOR",
            "--pod-image",
            "imageRef",
            "imageURL",
            "baseimage",
        ] {
            assert!(says_image(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_speak_of_images_do_not() {
        for name in [
            "imagePullPolicy",
            "imagePullSecrets",
            "imageRepository",
            "IMAGE_TAG",
            "name",
            "",
            "--",
        ] {
            assert!(!says_image(name), "{name}");
        }
    }

    #[test]
    fn names_say_when_something_is_fetched() {
        assert!(says_fetch("DOWNLOAD_URL") && says_fetch("--git-repo"));
        assert!(!says_fetch("ENDPOINT") && !says_fetch("report"));
    }
}
