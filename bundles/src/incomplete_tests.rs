//! Bundles that are intact, signed, and do not hold what they promise. `verify`
//! says so before anything is installed.

use crate::{
    BundleManifest, Kind,
    attack::{Hostile, table, told},
    sha256,
    testing::{release, text, written_of, written_small},
};
use insta::assert_snapshot;
use manifests::{Digest, event::Silent};
use serde_json::{Value, json};

/// What `verify` says about a bundle whose image manifest says `says` and whose
/// own manifest is as `change` leaves it.
fn verified(says: impl FnOnce(&mut Value), change: impl FnOnce(&mut BundleManifest)) -> String {
    let hostile = Hostile(written_of(&release(3000, text(9000), says)));
    let path = hostile.changed(change);
    match hostile.open(&path).verify(1, &Silent) {
        Ok(()) => "complete".into(),
        Err(error) => told(&error, &path),
    }
}

fn absent() -> Digest {
    sha256(b"absent")
}

fn descriptor(digest: &Digest, size: u64) -> Value {
    json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": size })
}

#[test]
fn an_image_has_all_its_layers_and_its_config_at_their_sizes() {
    let add_layer =
        |m: &mut Value| m["layers"].as_array_mut().unwrap().push(descriptor(&absent(), 5));
    let cases = [
        ("as it should be", verified(|_| (), |_| ())),
        ("missing layer", verified(add_layer, |_| ())),
        ("missing config", verified(|m| m["config"] = descriptor(&absent(), 5), |_| ())),
        ("layer of another size", verified(|m| m["layers"][0]["size"] = 2999.into(), |_| ())),
        ("absurd size", verified(|m| m["layers"][0]["size"] = u64::MAX.into(), |_| ())),
        ("negative size", verified(|m| m["layers"][0]["size"] = (-1).into(), |_| ())),
        ("no config", verified(|m| drop(m.as_object_mut().unwrap().remove("config")), |_| ())),
        (
            "digest that leads out",
            verified(|m| m["layers"][0]["digest"] = "sha256:../passwd".into(), |_| ()),
        ),
    ];
    assert_snapshot!(table(cases), @r#"
    as it should be: complete
    missing layer: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH (application/vnd.oci.image.layer.v1.tar), which is not here
    missing config: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH (application/vnd.oci.image.layer.v1.tar), which is not here
    layer of another size: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH with 2999 bytes, here it has 3000
    absurd size: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH with 18446744073709551615 bytes, here it has 3000
    negative size: the manifest of BUNDLE is wrong: sha256:HASH is not a `application/vnd.oci.image.manifest.v1+json`: invalid value: integer `-1`, expected u64 at line N column N
    no config: the manifest of BUNDLE is wrong: sha256:HASH is not a `application/vnd.oci.image.manifest.v1+json`: missing field `config` at line N column N
    digest that leads out: the manifest of BUNDLE is wrong: sha256:HASH is not a `application/vnd.oci.image.manifest.v1+json`: `sha256:../passwd` is not a digest: expected 64 lower-case hex digits after the colon at line N column N
    "#);
}

#[test]
fn omitted_excuses_a_child_of_an_index_and_never_a_layer_or_a_config() {
    let add_layer =
        |m: &mut Value| m["layers"].as_array_mut().unwrap().push(descriptor(&absent(), 5));
    let omit = |m: &mut BundleManifest| {
        m.omitted.push(absent());
        m.omitted.sort();
    };
    let cases = [
        ("layer", verified(add_layer, omit)),
        ("config", verified(|m| m["config"] = descriptor(&absent(), 5), omit)),
        ("child that is not called omitted", verified(|_| (), |m| m.omitted.clear())),
    ];
    assert_snapshot!(table(cases), @r#"
    layer: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH (application/vnd.oci.image.layer.v1.tar), which is not here
    config: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH (application/vnd.oci.image.layer.v1.tar), which is not here
    child that is not called omitted: BUNDLE is incomplete: `k-paas.example.org/app:1` needs sha256:HASH (application/vnd.oci.image.manifest.v1+json), which is not here
    "#);
}

#[test]
fn a_name_stands_for_a_manifest_or_an_index() {
    let point_at = |user: &'static str| {
        move |m: &mut BundleManifest| {
            let layer = m.blobs.iter().find(|blob| blob.media_type.contains(user)).unwrap();
            let digest = layer.digest.clone();
            m.names
                .iter_mut()
                .filter(|n| n.kind == Kind::Image)
                .for_each(|n| n.digest = digest.clone());
        }
    };
    let call_it = |media_type: &'static str| {
        move |m: &mut BundleManifest| {
            let image =
                m.names.iter().find(|name| name.kind == Kind::Image).unwrap().digest.clone();
            m.blobs
                .iter_mut()
                .filter(|b| b.digest == image)
                .for_each(|b| b.media_type = media_type.into());
        }
    };
    let cases = [
        ("a layer", verified(|_| (), point_at("tar+gzip"))),
        ("a config", verified(|_| (), point_at("config"))),
        ("an index that is called a manifest", verified(|_| (), call_it(crate::MANIFEST_TYPE))),
        (
            "a layer that is called a manifest",
            verified(
                |_| (),
                |m| {
                    point_at("tar+gzip")(m);
                    call_it(crate::MANIFEST_TYPE)(m);
                },
            ),
        ),
    ];
    assert_snapshot!(table(cases), @r#"
    a layer: the manifest of BUNDLE is wrong: sha256:HASH is used as an image, but is `application/vnd.oci.image.layer.v1.tar+gzip`
    a config: the manifest of BUNDLE is wrong: sha256:HASH is used as an image, but is `application/vnd.oci.image.config.v1+json`
    an index that is called a manifest: the manifest of BUNDLE is wrong: sha256:HASH is not a `application/vnd.oci.image.manifest.v1+json`: missing field `config` at line N column N
    a layer that is called a manifest: the manifest of BUNDLE is wrong: sha256:HASH is not a `application/vnd.oci.image.manifest.v1+json`: expected value at line N column N
    "#);
}

#[test]
fn a_manifest_larger_than_any_registry_takes_is_not_read() {
    let long = |m: &mut Value| m["annotations"] = json!({ "long": "x".repeat(4 << 20) });
    assert_snapshot!(verified(long, |_| ()), @"the manifest of bundle `BUNDLE` is wrong: sha256:HASH has 4194878 bytes where at most 4194304 make sense");
}

#[test]
fn an_image_that_refers_to_itself_ends() {
    let hostile = Hostile(written_small());
    let image =
        hostile.manifest().names.iter().find(|n| n.kind == Kind::Image).unwrap().digest.clone();
    // One index under two names is walked once, and that is all the way down.
    assert!(hostile.manifest().names.iter().filter(|n| n.digest == image).count() == 2);
    hostile.0.open().unwrap().verify(1, &Silent).unwrap();
}
