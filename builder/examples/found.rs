//! Prints what `check` finds in manifests, for a look at one that nobody has
//! locked yet: `found manifest.yaml…`. One line for each place.

use builder::check::read_manifest;
use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
};

fn main() -> Result<(), Box<dyn Error>> {
    let (component, name) = ("any".parse()?, "manifest.yaml".parse()?);
    for path in env::args().skip(1) {
        writeln!(stdout(), "{path}")?;
        for finding in read_manifest(&component, &name, &fs::read(&path)?, &[])? {
            let place = finding.place;
            writeln!(stdout(), "  {}  {}, {}", finding.reference, place.object, place.field)?;
        }
    }
    Ok(())
}
