//! What a security desk reads about the whole of K-PaaS.

use super::Works;
use std::fs;

/// The day that support is judged by.
const DAY: &str = "2026-11-21";

#[test]
fn the_report_of_the_whole_platform_has_every_artifact_name_and_answer() {
    let works = Works::open();
    let lockfile = works.lock("all", &["--all-profiles"]);
    let line = ["-q", "report", "all.lock", "-o", "page.html", "--lang", "ko", "--on", DAY];
    works.builder(&line);
    let page = fs::read_to_string(works.sandbox.path("page.html")).unwrap();
    let files = lockfile.files.iter().map(|file| file.digest.to_string());
    let names = lockfile.images.iter().flat_map(|image| image.names().map(ToString::to_string));
    let images = lockfile.images.iter().map(|image| image.digest.to_string());
    let expected: Vec<_> = files.chain(images).chain(names).collect();
    assert!(expected.len() > 300, "{}", expected.len());
    let missing: Vec<_> = expected.iter().filter(|fact| !page.contains(*fact)).collect();
    assert_eq!(missing, Vec::<&String>::new());
    assert!(!page.contains("기록 없음"), "every component has a licence and a homepage");
    let warnings = lockfile.warnings(DAY.parse().unwrap());
    let answers = warnings.iter().filter(|warning| warning.acknowledged.is_some()).count();
    assert!(answers > 10 && page.matches("사유 기재: ").count() == answers, "{answers}");
}
