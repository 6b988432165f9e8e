//! Texts: lines of a script, a configuration or a template, cut into words.

use super::{finding::Reference, image, url, words};
use manifests::ImageRef;

/// The references in one line. `name` is what stands in front of the whole text;
/// `runs` says whether the text is run or read where URLs would be fetched.
pub(super) fn in_line(line: &str, name: &str, runs: bool) -> Vec<Reference> {
    let line = without_comment(line);
    let mut found: Vec<_> = images(line, name).into_iter().map(Reference::Image).collect();
    if runs {
        let urls = url::fetched(line, name);
        found.extend(urls.into_iter().map(|url| Reference::File(url.to_owned())));
    }
    found.sort();
    found.dedup();
    found
}

/// Strict for any word; a word behind `image:`, `--pod-image=` or `X_IMAGE=` may
/// be short.
fn images(line: &str, name: &str) -> Vec<ImageRef> {
    let (mut found, mut is_next) = (Vec::new(), false);
    let words = line.split(|c: char| c.is_whitespace() || BETWEEN.contains(c));
    for word in words.filter(|word| !word.is_empty()) {
        let (front, value) = pair(word);
        if value.is_empty() {
            is_next = words::says_image(front);
            continue;
        }
        let may_be_short = is_next || [name, front].into_iter().any(words::says_image);
        let read =
            |part| image::strict(part).or_else(|| image::named(part).filter(|_| may_be_short));
        found.extend(value.split(":-").map(trimmed).filter_map(read));
        is_next = false;
    }
    found
}

/// What separates words, besides blanks. A variable or a template is cut into
/// pieces that are no image name.
const BETWEEN: &str = "\"'`,;()[]{}<>|&$\\*!?^%#";

/// A name and its value: `--image=x`, `IMAGE=x`. Either may be empty: the value
/// of `image:` and of `--image` is the next word.
fn pair(word: &str) -> (&str, &str) {
    match word.split_once('=') {
        Some(pair) => pair,
        None if word.ends_with(':') || word.starts_with("--") => (word.trim_end_matches(':'), ""),
        None => ("", word),
    }
}

fn trimmed(word: &str) -> &str {
    word.trim_start_matches(['-', ':', '=']).trim_end_matches(['.', ':', '-', '/', '='])
}

/// A comment begins at the first of a line or behind a blank.
fn without_comment(line: &str) -> &str {
    let text = line.trim_start();
    if text.starts_with("//") {
        return "";
    }
    let begins = |(at, _): &(usize, &str)| *at == 0 || text[..*at].ends_with([' ', '\t']);
    let end = text.match_indices('#').find(begins).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<String> {
        in_line(line, "", true).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_of_a_script_are_read_one_by_one() {
        assert_eq!(
            found(
                "crictl pull quay.io/a/b:v1 && run ${IMG:-ghcr.io/c/d:v2}; echo docker.io/e/f:1."
            ),
            ["docker.io/e/f:1", "ghcr.io/c/d:v2", "quay.io/a/b:v1"]
        );
        assert_eq!(found("{\"a\":\"quay.io/a/b:v1\"}"), ["quay.io/a/b:v1"]);
        assert_eq!(found("--x=quay.io/a/b:v1,quay.io/c:v2"), ["quay.io/a/b:v1", "quay.io/c:v2"]);
    }

    #[test]
    fn a_short_name_counts_only_behind_a_word_that_says_image() {
        let busybox = ["docker.io/library/busybox:1.35"];
        for line in [
            "image: busybox:1.35",
            "- image: \"busybox:1.35\"",
            "--pod-image=busybox:1.35 --port=80:80",
            "--image busybox:1.35 sh",
            "TOOL_IMAGE=busybox:1.35",
            "TOOL_IMAGE='busybox:1.35'",
        ] {
            assert_eq!(found(line), busybox, "{line}");
        }
        for line in ["busybox:1.35", "listen: redis:6379", "image is busybox:1.35", "sees an image"]
        {
            assert_eq!(found(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn templates_and_comments_are_no_image() {
        for line in [
            "image: {{ .Values.hub }}/proxyv2:{{ .Values.tag }}",
            "image: quay.io/a/b:${TAG}",
            "image: \"$(IMAGE)\"",
            "# image: quay.io/a/b:v1",
            "run # quay.io/a/b:v1",
            "// quay.io/a/b:v1",
            "# curl https://a.io/x.sh",
        ] {
            assert_eq!(found(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn the_name_in_front_of_a_text_counts_for_its_words() {
        let found = in_line("busybox:1.35 nginx:1.27", "images", false);
        assert_eq!(found.len(), 2);
    }
}
