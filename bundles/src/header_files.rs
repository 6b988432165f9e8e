//! The small files of a bundle's header, for whoever unpacks a bundle.

use crate::{bundle::Bundle, format::header};

impl Bundle {
    /// Name and content of the files that `tar -xf` finds in front of the blobs:
    /// manifest, signatures, sums, and what makes the rest an OCI layout. They
    /// are made from the signed manifest, not read again from the file.
    pub fn header_files(&self) -> Vec<(String, Vec<u8>)> {
        header::files(self.manifest(), self.signatures())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::written;

    #[test]
    fn the_header_files_are_those_that_stock_tar_finds() {
        let bundle = written().open().unwrap();
        let files = bundle.header_files();
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        let signature = format!("bottari.sigs/{}.minisig", bundle.signed_by()[0]);
        let expected = [
            "bottari.json",
            signature.as_str(),
            "SHA256SUMS",
            "CONTENTS.txt",
            "index.json",
            "oci-layout",
        ];
        assert_eq!(names, expected);
        assert_eq!(files[0].1, bundle.manifest().render());
    }
}
