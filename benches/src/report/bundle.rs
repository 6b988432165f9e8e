//! The lines about bundles, from what was measured.

use super::{Goal, Row, table::seconds};
use crate::{jobs::Results, measure::Sample, workload::Contents};

const MB: f64 = 1e6;
const MIB: f64 = (1 << 20) as f64;
/// The most memory that a job may have, in MiB.
const MEMORY: f64 = 192.0;
/// What part of the limit a cold build reaches.
const PART: f64 = 0.7;
/// How often the time of `cp` a build may take that has nothing to fetch.
const COPIES: f64 = 1.5;

/// What the rows are made from.
struct Facts<'a> {
    results: &'a Results,
    contents: &'a Contents,
}

/// All lines.
pub(crate) fn rows(results: &Results, contents: &Contents) -> Vec<Row> {
    let facts = Facts { results, contents };
    [facts.times(), facts.serving(), facts.bytes(), facts.memory()].concat()
}

/// The limits by name, in seconds.
pub(crate) fn limits(results: &Results) -> Vec<(&'static str, String, f64)> {
    let bundle = results.bundle_bytes;
    let fetched = results.most("get, hash, write", |it| it.fetched).unwrap_or(0);
    let sizes = [
        ("lock", results.most("lock", |it| it.fetched).unwrap_or(0)),
        ("get, hash, write", fetched),
        ("cp", bundle),
        ("cp and sync", bundle),
        ("BLAKE3 on all processors", bundle),
        ("SHA-256, openssl", bundle),
        ("SHA-256, assembly", bundle),
        ("SHA-256, Rust", bundle),
        ("zstd decode", bundle),
        ("zstd decode, script's", results.script_bytes),
    ];
    let speed = |bytes: u64, time: f64| mega(bytes) / time.max(1e-9);
    sizes
        .into_iter()
        .filter_map(|(job, bytes)| Some((job, bytes, results.seconds(job)?)))
        .map(|(job, bytes, time)| (job, seconds(results, job), speed(bytes, time)))
        .collect()
}

impl Facts<'_> {
    fn times(&self) -> Vec<Row> {
        let of = |limit, job| Some(self.time(limit)? / self.time(job)?);
        let (get, copy) = ("get, hash, write", "cp");
        let cold = |name, job| {
            let row = Row::new(
                name,
                self.shown(job),
                ("limit ÷ ours", of(get, job)),
                Goal::AtLeast(PART),
            );
            let row = row.in_rounds(self.results.ratios(get, job));
            row.against(self.shown("script: create"), self.shown(get))
        };
        let again = Row::new(
            "create again",
            self.shown("again"),
            ("ours ÷ cp", of("again", copy)),
            Goal::AtMost(COPIES),
        );
        let verify = "BLAKE3 on all processors";
        let verified = Row::new(
            "verify",
            self.shown("verify"),
            ("ours ÷ limit", of("verify", verify)),
            Goal::AtMost(1.2),
        );
        vec![
            cold("cold create", "cold"),
            cold("cold create, no cache", "cold without cache"),
            again
                .in_rounds(self.results.ratios("again", copy))
                .against(self.shown("script: create again"), self.shown(copy)),
            self.same_bytes(),
            self.changed(),
            verified
                .in_rounds(self.results.ratios("verify", verify))
                .against(self.shown("script: verify"), self.shown(verify)),
        ]
    }

    fn same_bytes(&self) -> Row {
        let differing = if self.results.identical { 0.0 } else { 1.0 };
        let said = if self.results.identical { "bit-identical" } else { "bytes differ" };
        Row::new(
            "create again, its bytes",
            said.into(),
            ("differing", Some(differing)),
            Goal::AtMost(0.0),
        )
    }

    /// Fetching in proportion to the change, with what goes for a cold create, and
    /// the build on top.
    fn changed(&self) -> Row {
        let share = mega(self.contents.changed_bytes()) / mega(self.contents.bytes());
        let allowed = self.time("get, hash, write").zip(self.time("cp"));
        let allowed = allowed.map(|(get, copy)| get * share / PART + COPIES * copy);
        let figure =
            self.time("one image changed").zip(allowed).map(|(time, allowed)| time / allowed);
        let row = Row::new(
            "create after one image changed",
            self.shown("one image changed"),
            ("ours ÷ allowed", figure),
            Goal::AtMost(1.0),
        );
        let allowed = allowed.map_or_else(String::new, |time| format!("{time:.2} s allowed"));
        row.against(String::new(), allowed)
    }

    fn serving(&self) -> Vec<Row> {
        let row = |name, job, script| {
            let measure = ("seconds", self.time(job));
            let row = Row::new(name, self.shown(job), measure, Goal::AtMost(0.2));
            row.against(self.shown(script), String::new())
        };
        vec![
            row("file on disk → every image servable", "serve", "script: serve"),
            row("the same again", "serve again", "script: serve again"),
        ]
    }

    fn bytes(&self) -> Vec<Row> {
        let (bundle, unique) = (self.results.bundle_bytes, self.contents.bytes());
        let written = |name, job, script, goal, least| {
            let ours = self.results.most(job, |it| it.written);
            let part = ours.map(|bytes| mega(bytes) / mega(bundle));
            let row = Row::new(name, shown_bytes(ours), ("of the bundle", part), goal);
            let script = self.results.most(script, |it| it.written);
            row.against(shown_bytes(script), shown_bytes(Some(least)))
        };
        let fetched = |name, job, script, all: u64| {
            let ours = self.results.most(job, |it| it.fetched);
            let row = Row::new(
                name,
                shown_bytes(ours),
                ("of each byte once", ours.map(|bytes| rounded(mega(bytes) / mega(unique)))),
                Goal::AtMost(if all > 0 { 1.0 } else { 0.0 }),
            );
            let script = self.results.most(script, |it| it.fetched);
            row.against(shown_bytes(script), shown_bytes(Some(all)))
        };
        let create = "script: create";
        vec![
            written("bytes written to serve", "serve", "script: serve", Goal::AtMost(0.01), 0),
            written(
                "bytes written by a cold create",
                "cold",
                create,
                Goal::AtMost(2.05),
                unique + bundle,
            ),
            written("the same, no cache", "cold without cache", create, Goal::AtMost(1.05), bundle),
            fetched("bytes fetched", "cold", create, unique),
            fetched("bytes fetched again", "again", "script: create again", 0),
        ]
    }

    fn memory(&self) -> Vec<Row> {
        let jobs = [
            ("peak memory of build", "cold", "script: create"),
            ("peak memory of verify", "verify", "script: verify"),
            ("peak memory of serve", "serve", "script: serve"),
        ];
        jobs.map(|job| memory_row(self.results, job)).into()
    }

    fn time(&self, job: &str) -> Option<f64> {
        self.results.seconds(job)
    }

    fn shown(&self, job: &str) -> String {
        seconds(self.results, job)
    }
}

/// What a job had at most, by its name in the table and in the results, and the
/// script's.
pub(super) fn memory_row(
    results: &Results,
    (name, job, script): (&'static str, &str, &str),
) -> Row {
    let ours = results.most(job, |it| it.peak.resident);
    let anonymous = results.most(job, |it| it.peak.anonymous);
    let shown = format!("{} ({} anonymous)", mebibytes(ours), mebibytes(anonymous));
    let figure = ours.map(|bytes| mega(bytes) * MB / MIB);
    let script = results.most(script, |it: &Sample| it.peak.anonymous);
    let row = Row::new(name, shown, ("MiB", figure), Goal::AtMost(MEMORY));
    row.against(mebibytes(script), String::new())
}

fn shown_bytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(String::new, |bytes| format!("{:.1} MB", mega(bytes)))
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(String::new, |bytes| format!("{:.0} MiB", mega(bytes) * MB / MIB))
}

/// Manifests are asked for by tag and by digest; a thousandth of all is not a blob.
fn rounded(part: f64) -> f64 {
    (part * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes for people")]
pub(crate) fn mega(bytes: u64) -> f64 {
    bytes as f64 / MB
}
