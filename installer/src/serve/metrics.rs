//! Numbers for whoever watches over the registry, as Prometheus reads them. Written
//! by hand: it is one page of text, and every label is one of a few.

use super::{health::BundleState, route::Route};
use axum::http::{Method, request::Parts};
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError, atomic::AtomicU64, atomic::Ordering},
};

/// The media type of the text.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a request was, in words of which there are few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels {
    method: &'static str,
    route: &'static str,
}

impl Labels {
    pub(crate) fn of(request: &Parts) -> Self {
        Self { method: method(&request.method), route: route(request.uri.path()) }
    }
}

fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    KNOWN.into_iter().find(|known| method == known).unwrap_or("other")
}

fn route(path: &str) -> &'static str {
    match Route::parse(path) {
        Ok(Route::Base) => "base",
        Ok(Route::Catalog) => "catalog",
        Ok(Route::Manifest(..)) => "manifest",
        Ok(Route::Blob(..)) => "blob",
        Ok(Route::Tags(_)) => "tags",
        Ok(Route::Referrers(..)) => "referrers",
        Ok(Route::Uploads(_) | Route::Upload(..)) => "upload",
        Ok(Route::FileList(_) | Route::File(_) | Route::Source(_)) => "file",
        Ok(Route::AptList(_) | Route::Apt(_)) => "package",
        Ok(Route::Health | Route::Metrics) => "watch",
        Err(_) => "other",
    }
}

/// A name, what it means, and the number that it stands for.
type Family<T> = (&'static str, &'static str, fn(&T) -> u64);

/// How often, and how much.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    requests: u64,
    bytes: u64,
}

/// What was counted so far.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    sums: Mutex<BTreeMap<(Labels, u16), Sum>>,
    refused: AtomicU64,
}

/// What is true at this moment.
#[derive(Debug)]
pub(crate) struct Now {
    /// Open connections.
    pub(crate) connections: usize,
    /// Different damages that were found.
    pub(crate) damages: usize,
    /// What is served.
    pub(crate) bundles: Vec<BundleState>,
}

impl Metrics {
    /// A request that is over.
    pub(crate) fn count(&self, labels: Labels, status: u16, bytes: u64) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry((labels, status)).or_default();
        sum.requests += 1;
        sum.bytes += bytes;
    }

    /// A connection that was too many.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// All of it as text.
    pub(crate) fn render(&self, now: &Now) -> String {
        let mut page = Page(String::new());
        page.family("bottari_build_info", "gauge", "The program that runs.");
        page.line("bottari_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        self.requests(&mut page);
        page.one("bottari_connections", "gauge", "Open connections.", now.connections as u64);
        let refused = self.refused.load(Ordering::Relaxed);
        let help = "Connections that were too many.";
        page.one("bottari_connections_refused_total", "counter", help, refused);
        let help = "Different damages found in what is served.";
        page.one("bottari_damages", "gauge", help, now.damages as u64);
        bundles(&mut page, &now.bundles);
        page.0
    }

    fn requests(&self, page: &mut Page) {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let values: [Family<Sum>; 2] = [
            ("bottari_requests_total", "Requests that are over.", |sum| sum.requests),
            ("bottari_sent_bytes_total", "Bytes of answers that have left.", |sum| sum.bytes),
        ];
        for (name, help, value) in values {
            page.family(name, "counter", help);
            for ((Labels { method, route }, status), sum) in &sums {
                let status = status.to_string();
                let labels = [("method", *method), ("route", *route), ("status", &status)];
                page.line(name, &labels, value(sum));
            }
        }
    }
}

fn bundles(page: &mut Page, bundles: &[BundleState]) {
    let values: [Family<BundleState>; 4] = [
        ("bottari_bundle_info", "A bundle that is served.", |_| 1),
        ("bottari_bundle_bytes", "Size of the bundle.", |bundle| bundle.bytes),
        (
            "bottari_bundle_checked_bytes",
            "Bytes that were held against their hashes since it was opened.",
            |bundle| bundle.checked_bytes,
        ),
        ("bottari_bundle_intact", "1 once every byte was found intact.", |bundle| {
            u64::from(bundle.intact)
        }),
    ];
    for (name, help, value) in values {
        page.family(name, "gauge", help);
        for bundle in bundles {
            let serial = bundle.serial.to_string();
            let labels = [
                ("release", bundle.release.as_str()),
                ("version", bundle.version.as_str()),
                ("serial", &serial),
            ];
            page.line(name, &labels, value(bundle));
        }
    }
}

/// The text as it grows.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        self.line(name, &[], value);
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let quoted: Vec<_> =
            labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        match quoted.is_empty() {
            true => self.write(format_args!("{name} {value}\n")),
            false => self.write(format_args!("{name}{{{}}} {value}\n", quoted.join(","))),
        }
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.0.write_fmt(text).expect("writing to memory");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_was_counted_is_on_the_page() {
        let metrics = Metrics::default();
        let blob = format!("/v2/a/b/blobs/sha256:{}", "0".repeat(64));
        for (name, path, status, bytes) in [
            ("GET", "/v2/", 200, 2),
            ("GET", &blob, 200, 70),
            ("GET", &blob, 200, 30),
            ("HEAD", "/v2/a/manifests/1", 404, 0),
            ("BREW", "/..", 405, 9),
        ] {
            let labels = Labels { method: method(&name.parse().unwrap()), route: route(path) };
            metrics.count(labels, status, bytes);
        }
        metrics.refuse();
        let bundle = BundleState {
            release: "demo".into(),
            version: "1.3.0 \"a\\b\"".into(),
            serial: 3,
            bytes: 100,
            checked_bytes: 40,
            intact: false,
        };
        let now = Now { connections: 2, damages: 1, bundles: vec![bundle] };
        insta::assert_snapshot!(metrics.render(&now));
    }
}
