//! Prints what `check` finds in manifests, for a look at one that nobody has
//! locked yet: `found manifest.yaml…`. One line for each place.

use builder::check::{ManifestName, read_manifest};
use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
};

fn main() -> Result<(), Box<dyn Error>> {
    let (any, file) = ("any".parse()?, "manifest.yaml".parse()?);
    let name = ManifestName { component: &any, version: &"1".parse()?, file: &file };
    for path in env::args().skip(1) {
        writeln!(stdout(), "{path}")?;
        for finding in read_manifest(name, &fs::read(&path)?, &[])? {
            let place = finding.place;
            writeln!(stdout(), "  {}  {}, {}", finding.reference, place.object, place.field)?;
        }
    }
    Ok(())
}
