//! Prints a manifest as the installer would apply it, for a look or for a real
//! API server: `render component.yaml VERSION manifest.yaml | kubectl apply
//! --dry-run=server -f -`. The step is found by the manifest's file name, or is
//! the only one that applies something.

use manifests::{
    component::{Apply, Component, Step},
    patch::render,
    yaml,
};
use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
    path::Path,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [definition, version, manifest] = &arguments[..] else {
        return Err("expected: component.yaml VERSION manifest.yaml".into());
    };
    let component = Component::parse(Path::new(definition), &yaml::read(Path::new(definition))?)?;
    let contents = component.versions.get(&version.parse()?).ok_or("no such version")?;
    let step = step(&contents.steps, Path::new(manifest)).ok_or("no step applies it")?;
    let bytes = fs::read(manifest)?;
    stdout().write_all(&render(&bytes, &step.patches)?)?;
    Ok(())
}

fn step<'a>(steps: &'a [Step], manifest: &Path) -> Option<&'a Apply> {
    let applied: Vec<_> = steps.iter().filter_map(Step::applied).collect();
    let named = |apply: &&&Apply| manifest.ends_with(apply.manifest.as_str());
    match &applied[..] {
        [only] => Some(only),
        several => several.iter().find(named).copied(),
    }
}
