//! The lists of packages that a suite vouches for, fetched, checked, unpacked and
//! read.

use super::{
    ArchiveError, Archives, Word,
    choose::{Form, forms, places, plain_size},
    fetch::{below, is_absent},
};
use crate::{
    debian::{Package, read_index},
    sbom::unpack,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::{
    Arch,
    packages::{ArchiveComponent, LockedIndex, LockedList, Origin},
};
use std::io::Read;
use url::Url;

/// Everything that the archives of a system have for one architecture.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    /// What vouches for it.
    pub(crate) indexes: Vec<LockedIndex>,
    /// The lists, by the number that packages have.
    pub(crate) lists: Vec<ListPlace>,
    /// The packages of the first suite: what a system is installed from.
    pub(crate) first: Vec<Package>,
    /// Those of all others.
    pub(crate) others: Vec<Package>,
}

/// Where the packages of a list are.
#[derive(Debug, Clone)]
pub(crate) struct ListPlace {
    /// The root of the archive.
    pub(crate) root: Url,
    /// Suite and component.
    pub(crate) origin: Origin,
}

/// One list to fetch.
struct Wanted<'w, 'a> {
    /// The number of the suite.
    suite: usize,
    word: &'w Word<'a>,
    component: &'w ArchiveComponent,
    /// `main/binary-amd64/Packages`
    plain: String,
}

/// One list that was read.
struct ReadList {
    suite: usize,
    place: ListPlace,
    locked: LockedList,
    packages: Vec<Package>,
}

impl Archives<'_> {
    /// Reads every list of an architecture.
    pub(crate) async fn stock(
        &self,
        words: &[Word<'_>],
        arch: Arch,
    ) -> Result<Stock, ArchiveError> {
        let words: Vec<_> = words.iter().filter(|word| word.source.has(arch)).collect();
        let wanted = words.iter().enumerate().flat_map(|(suite, word)| wanted(suite, word, arch));
        let read: Vec<ReadList> = stream::iter(wanted)
            .map(|wanted| self.read_list(wanted, arch))
            .buffered(self.network.tasks())
            .try_collect()
            .await?;
        let indexes = words.iter().map(|word| word.index.clone()).collect();
        let mut stock = Stock { indexes, ..Stock::default() };
        for list in read {
            stock.add(list);
        }
        Ok(stock)
    }

    async fn read_list(
        &self,
        wanted: Wanted<'_, '_>,
        arch: Arch,
    ) -> Result<ReadList, ArchiveError> {
        let (form, packed) = self.smallest(&wanted, arch).await?;
        let Wanted { suite, word, component, plain } = wanted;
        let size = plain_size(&word.release, &plain);
        let list = format!("{}/{}", word.index.suite, form.path);
        let packages = tokio::task::spawn_blocking(move || read(&list, &packed, size)).await;
        let packages = packages.expect("reading a list does not panic")?;
        let origin = format!("{}/{component}", word.index.suite);
        let origin = origin.parse().expect("both parts were checked");
        Ok(ReadList {
            suite,
            place: ListPlace { root: word.index.source.clone(), origin },
            locked: LockedList {
                component: component.clone(),
                path: form.path,
                size: form.file.size,
                digest: form.file.digest,
            },
            packages,
        })
    }

    /// The packed bytes of the smallest form that the archive really has: many are
    /// vouched for that no mirror keeps.
    async fn smallest(
        &self,
        wanted: &Wanted<'_, '_>,
        arch: Arch,
    ) -> Result<(Form, Vec<u8>), ArchiveError> {
        let Wanted { word, component, plain, .. } = wanted;
        let root = below(&word.index.source, &format!("dists/{}", word.index.suite));
        let mut failed = ArchiveError::no_list(word, component, arch);
        for form in forms(&word.release, plain) {
            let name = format!("{}/{}", word.index.suite, form.path);
            match self.packed(&form, &places(&root, &word.release, &form), &name).await {
                Ok(packed) => return Ok((form, packed)),
                Err(ArchiveError::List { list, source }) if is_absent(&source) => {
                    failed = ArchiveError::List { list, source };
                }
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }
}

/// The lists of one suite.
fn wanted<'w, 'a>(
    suite: usize,
    word: &'w Word<'a>,
    arch: Arch,
) -> impl Iterator<Item = Wanted<'w, 'a>> {
    let all = word.release.lists_all_apart.then_some("all");
    let arches = move || [arch.as_str()].into_iter().chain(all);
    let components = word.source.components.iter();
    components.flat_map(move |component| {
        arches().map(move |arch| {
            let plain = format!("{component}/binary-{arch}/Packages");
            Wanted { suite, word, component, plain }
        })
    })
}

/// Unpacks and reads a list whose packed bytes were checked.
fn read(
    name: &str,
    packed: &[u8],
    (size, is_exact): (u64, bool),
) -> Result<Vec<Package>, ArchiveError> {
    let unpacked = |source| ArchiveError::Unpack { list: name.to_owned(), source };
    let (_, plain) = unpack(packed, packed.len() as u64).map_err(unpacked)?;
    let mut bytes = Vec::new();
    // One byte more tells a list that is too long from one that ends there.
    plain.take(size + 1).read_to_end(&mut bytes).map_err(unpacked)?;
    let found = bytes.len() as u64;
    if found > size || (is_exact && found < size) {
        return Err(ArchiveError::PlainSize { list: name.to_owned(), expected: size });
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_error| ArchiveError::NotText(name.to_owned()))?;
    read_index(&text).map_err(|source| ArchiveError::Index { list: name.to_owned(), source })
}

impl Stock {
    fn add(&mut self, list: ReadList) {
        let number = self.lists.len();
        self.lists.push(list.place);
        self.indexes[list.suite].lists.push(list.locked);
        let packages = list.packages.into_iter().map(|package| package.in_list(number));
        match list.suite {
            0 => self.first.extend(packages),
            _ => self.others.extend(packages),
        }
    }

    /// Where the bytes of a package are, and what lists it.
    pub(crate) fn place(&self, archive: &crate::debian::Archive) -> (Url, Origin) {
        let ListPlace { root, origin } = &self.lists[archive.list];
        (below(root, &archive.path), origin.clone())
    }
}
