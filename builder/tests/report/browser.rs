//! The page in a real browser. It must be there where `CI` is set.

use crate::sample::{Desk, HOSTILE, lock_with, long_word};
use builder::report::Language;
use journeys::stock;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Measures what the browser has laid out; only the copy for this test lets
/// scripts run.
const PROBE: &str = "<script>document.title = document.documentElement.scrollWidth</script>";

/// The command that runs it under the name that it has here; none as with every
/// [`stock::tool`].
fn browser(home: &Path) -> Option<Command> {
    let is_here = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let other = ["chromium-browser", "google-chrome"].into_iter().find(is_here);
    stock::tool(other.unwrap_or("chromium"), home)
}

fn run(mut browser: Command, folder: &Path, arguments: &[&str]) -> String {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let usual = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", &profile];
    let output = stock::succeed(browser.args(usual).args(arguments));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn write(desk: &Desk, name: &str, page: &str) -> (PathBuf, String) {
    let path = desk.path().join(name);
    fs::write(&path, page).unwrap();
    let address = format!("file://{}", path.display());
    (path, address)
}

fn page(desk: &Desk) -> String {
    let lock = lock_with(HOSTILE).replacen("title: ", &format!("title: {} #", long_word()), 1);
    desk.page(&lock, &[Language::Korean, Language::English])
}

#[test]
fn nothing_is_wider_than_a_sheet_of_a4() {
    let desk = Desk::new();
    let Some(browser) = browser(desk.path()) else { return };
    let page = page(&desk)
        .replace("default-src &#39;none&#39;;", "")
        .replace("</body>", &format!("{PROBE}</body>"));
    let (_, address) = write(&desk, "page.html", &page);
    // A4 between its margins: 180 mm at 96 dots to the inch.
    let dump = run(browser, desk.path(), &["--window-size=680,1000", "--dump-dom", &address]);
    let (_, title) = dump.split_once("<title>").unwrap();
    let width = title.split_once('<').unwrap().0;
    assert_eq!(width, "680");
}

#[test]
fn it_prints_on_several_sheets() {
    let desk = Desk::new();
    let Some(browser) = browser(desk.path()) else { return };
    let (_, address) = write(&desk, "page.html", &page(&desk));
    let pdf = desk.path().join("page.pdf");
    run(browser, desk.path(), &[&format!("--print-to-pdf={}", pdf.display()), &address]);
    let pdf = fs::read(pdf).unwrap();
    let pages = String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count();
    assert!(pages >= 8, "{pages}");
}
