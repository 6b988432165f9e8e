//! Which form of a list is fetched: of those that we can unpack and the archive
//! vouches for, the smallest first.

use crate::debian::{InRelease, IndexFile};
use url::Url;

/// Endings of what we unpack; the last one is plain.
const ENDINGS: [&str; 4] = [".xz", ".zst", ".gz", ""];

/// The largest list that is unpacked where the archive does not say how large it
/// is: twenty times that of Debian.
const UNSAID: u64 = 1024 * 1024 * 1024;

/// One form of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// Its name below the suite.
    pub(super) path: String,
    pub(super) file: IndexFile,
}

/// The forms of a list, smallest first.
pub(super) fn forms(release: &InRelease, plain: &str) -> Vec<Form> {
    let form = |ending| {
        let path = format!("{plain}{ending}");
        let file = release.files.get(&path)?.clone();
        Some(Form { path, file })
    };
    let mut forms: Vec<Form> = ENDINGS.into_iter().filter_map(form).collect();
    forms.sort_by_key(|form| form.file.size);
    forms
}

/// How many bytes a list may have when it is unpacked, and whether it has to have
/// that many.
pub(super) fn plain_size(release: &InRelease, plain: &str) -> (u64, bool) {
    release.files.get(plain).map_or((UNSAID, false), |file| (file.size.min(UNSAID), true))
}

/// Where a form is: first by its digest, which never changes under a reader, where
/// the archive offers that.
pub(super) fn places(suite: &Url, release: &InRelease, form: &Form) -> Vec<Url> {
    let by_hash = || {
        let folder = form.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        super::fetch::below(suite, &format!("{folder}/by-hash/SHA256/{}", form.file.digest.hex()))
    };
    let by_name = super::fetch::below(suite, &form.path);
    release.by_hash.then(by_hash).into_iter().chain([by_name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn release(files: &[(&str, u64)], by_hash: bool) -> InRelease {
        let digest = || format!("sha256:{}", "0a".repeat(32)).parse().unwrap();
        let file = |(path, size): &(&str, u64)| {
            ((*path).to_owned(), IndexFile { size: *size, digest: digest() })
        };
        let signer = "4D64FEC119C2029067D6E791F8D2585B8783D481".parse().unwrap();
        let files = files.iter().map(file).collect();
        InRelease { date: UNIX_EPOCH, signer, by_hash, lists_all_apart: false, files }
    }

    #[test]
    fn the_smallest_form_that_can_be_read_comes_first() {
        let all = [("m/P", 50), ("m/P.bz2", 1), ("m/P.gz", 20), ("m/P.xz", 10), ("m/P.zst", 9)];
        let forms = forms(&release(&all, false), "m/P");
        let paths: Vec<_> = forms.iter().map(|form| form.path.as_str()).collect();
        assert_eq!(paths, ["m/P.zst", "m/P.xz", "m/P.gz", "m/P"]);
    }

    #[test]
    fn what_the_archive_says_of_the_plain_list_bounds_it() {
        assert_eq!(plain_size(&release(&[("m/P", 50)], false), "m/P"), (50, true));
        assert_eq!(plain_size(&release(&[("m/P.xz", 50)], false), "m/P"), (UNSAID, false));
        assert_eq!(plain_size(&release(&[("m/P", u64::MAX)], false), "m/P").0, UNSAID);
    }

    #[test]
    fn a_list_is_asked_for_by_its_digest_where_the_archive_offers_that() {
        let suite = "https://a.io/dists/s".parse().unwrap();
        let asked = |by_hash| -> Vec<String> {
            let release = release(&[("m/P.xz", 1)], by_hash);
            let places = places(&suite, &release, &forms(&release, "m/P")[0]);
            places.into_iter().map(String::from).collect()
        };
        assert_eq!(asked(false), ["https://a.io/dists/s/m/P.xz"]);
        let by_hash = format!("https://a.io/dists/s/m/by-hash/SHA256/{}", "0a".repeat(32));
        assert_eq!(asked(true), [by_hash.as_str(), "https://a.io/dists/s/m/P.xz"]);
    }
}
