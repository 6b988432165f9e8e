//! Texts of a lockfile that want to be more than text.

use crate::{
    markup::{elements, text},
    sample::{Desk, HOSTILE, lock_with, long_word},
};
use builder::report::{Language, report};

const BOTH: [Language; 2] = [Language::Korean, Language::English];

#[test]
fn hostile_text_adds_no_element_and_changes_no_attribute() {
    let desk = Desk::new();
    let (plain, hostile) =
        (desk.page(&lock_with("a text"), &BOTH), desk.page(&lock_with(HOSTILE), &BOTH));
    assert_eq!(elements(&hostile), elements(&plain));
}

#[test]
fn hostile_text_is_shown_as_it_is_with_what_nobody_sees() {
    let page = Desk::new().page(&lock_with(HOSTILE), &BOTH);
    let shown = "</td><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)> \"'&amp; \\u{202e}gpj.exe\\u{2066}\\u{200b}";
    let times = text(&page).matches(shown).count();
    // Title, two of the catalog on two places and one, exception, decision, and so on.
    assert!(times >= 20, "shown {times} times");
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{200b}'));
}

#[test]
fn a_word_without_an_end_is_whole() {
    // Reasons are shorter than this word; a title may be anything.
    let lock =
        lock_with("a text").replacen("title: 'a text'", &format!("title: {}", long_word()), 1);
    let page = Desk::new().page(&lock, &BOTH);
    assert_eq!(text(&page).matches(&long_word()).count(), 2);
}

#[test]
fn the_name_of_a_file_cannot_leave_its_command() {
    let desk = Desk::new();
    let opened = desk.open("it's; rm -rf $HOME <b>.lock", &lock_with("a text"));
    let report = report(&opened, None, crate::sample::day("2026-11-21"));
    let command = &report.verify[0].commands[0];
    assert!(command.contains(r"  it'\''s; rm -rf $HOME <b>.lock' | sha256sum"), "{command}");
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .current_dir(desk.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}
