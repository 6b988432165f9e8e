//! The page as a reader of any kind meets it: on a screen, on paper, by ear.

use crate::{
    markup::{Element, Token, elements, text, tokens},
    sample::{CARRIED, Desk, digest, lock_with},
};
use builder::report::Language;
use std::collections::BTreeSet;

const BOTH: [Language; 2] = [Language::Korean, Language::English];

fn page() -> String {
    Desk::new().page(&lock_with("a text"), &BOTH)
}

fn named<'a>(elements: &'a [Element], name: &'a str) -> impl Iterator<Item = &'a Element> {
    elements.iter().filter(move |element| element.name == name)
}

#[test]
fn the_page_has_one_first_heading_and_skips_no_level_below_it() {
    let elements = elements(&page());
    assert_eq!(named(&elements, "h1").count(), 1);
    let levels = elements.iter().filter_map(|element| element.name.strip_prefix('h'));
    let levels: Vec<u8> = levels.filter_map(|level| level.parse().ok()).collect();
    assert!(levels.len() > 20, "{levels:?}");
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn each_language_is_a_part_of_its_own_and_both_have_the_same_sections() {
    let elements = elements(&page());
    let root = named(&elements, "html").next().unwrap();
    assert_eq!(root.attribute("lang"), Some("ko"));
    let parts: Vec<_> =
        named(&elements, "article").map(|part| part.attribute("lang").unwrap()).collect();
    assert_eq!(parts, ["ko", "en"]);
    let sections = |prefix: &str| -> Vec<String> {
        let ids = named(&elements, "section").filter_map(|section| section.attribute("id"));
        ids.filter_map(|id| id.strip_prefix(prefix)).map(str::to_owned).collect()
    };
    let expected = [
        "summary",
        "signatures",
        "findings",
        "changes",
        "components",
        "contents",
        "notes",
        "verify",
    ];
    assert_eq!(sections("ko-"), expected);
    assert_eq!(sections("en-"), expected);
    assert_eq!(named(&elements, "main").count(), 1);
}

#[test]
fn one_language_alone_is_a_whole_page() {
    let desk = Desk::new();
    for (language, tag, other) in
        [(Language::Korean, "ko", "Review report"), (Language::English, "en", "검토")]
    {
        let page = desk.page(&lock_with("a text"), &[language]);
        let elements = elements(&page);
        assert_eq!(named(&elements, "html").next().unwrap().attribute("lang"), Some(tag));
        assert_eq!(named(&elements, "article").count(), 1);
        assert!(!text(&page).contains(other), "{tag}");
    }
}

#[test]
fn nothing_is_loaded_run_or_sent() {
    let page = page();
    let allowed = [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "href",
        "id",
        "aria-label",
        "aria-labelledby",
        "scope",
        "translate",
        "colspan",
    ];
    for element in elements(&page) {
        let name = element.name.as_str();
        assert!(
            !matches!(
                name,
                "script" | "link" | "img" | "iframe" | "object" | "form" | "base" | "svg"
            ),
            "{name}"
        );
        for (attribute, value) in &element.attributes {
            assert!(allowed.contains(&attribute.as_str()), "{name} {attribute}={value}");
            assert!(attribute != "href" || value.starts_with('#'), "{name} {attribute}={value}");
        }
    }
    let mut metas = elements(&page).into_iter().filter(|element| element.name == "meta");
    let policy = metas.find(|meta| meta.attribute("http-equiv") == Some("Content-Security-Policy"));
    assert!(policy.unwrap().attribute("content").unwrap().starts_with("default-src 'none';"));
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
}

#[test]
fn every_place_is_named_once_and_every_jump_has_one() {
    let elements = elements(&page());
    let ids: Vec<_> = elements.iter().filter_map(|element| element.attribute("id")).collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len());
    let targets = named(&elements, "a").map(|link| link.attribute("href").unwrap());
    let labels = elements.iter().filter_map(|element| element.attribute("aria-labelledby"));
    let mut asked: Vec<_> = targets.map(|target| &target[1..]).chain(labels).collect();
    assert!(asked.len() > 30, "{asked:?}");
    asked.retain(|id| !known.contains(id));
    assert_eq!(asked, Vec::<&str>::new());
}

#[test]
fn tables_repeat_a_head_and_name_their_rows() {
    let page = page();
    let elements = elements(&page);
    let tables = named(&elements, "table").count();
    assert!(tables >= 10, "{tables}");
    assert_eq!(named(&elements, "thead").count(), tables);
    for head in named(&elements, "th") {
        let expected = if head.around.iter().any(|name| name == "thead") { "col" } else { "row" };
        assert_eq!(head.attribute("scope"), Some(expected));
    }
    let bodies = named(&elements, "tbody").count();
    let row_heads = named(&elements, "th").filter(|head| head.attribute("scope") == Some("row"));
    assert_eq!(row_heads.count(), bodies, "each group of rows has one name");
}

#[test]
fn every_artifact_stands_in_each_language_with_its_digest() {
    let page = page();
    let (korean, english) = page.split_once("<article id=\"en\"").unwrap();
    for part in [korean, english] {
        for two in CARRIED {
            assert!(part.contains(&digest(two)), "{two}");
        }
        assert!(!part.contains(&digest("88")), "what is left out is not listed");
        for name in [
            "registry.example/door:1.0",
            "mirror.example/door:1.0",
            "https://runtime.example/",
            "https://download.example/SHA256SUMS",
            "CycloneDX 1.6, SPDX 2.3: ",
            "0123456789ABCDEF0123456789ABCDEF01234567",
        ] {
            assert!(part.contains(name), "{name}");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_wherever_it_lies() {
    let lock = lock_with("a text");
    assert_eq!(Desk::new().page(&lock, &BOTH), Desk::new().page(&lock, &BOTH));
}

#[test]
fn a_lockfile_without_any_notes_has_no_empty_section() {
    let lock = "format: bottari.lock/v1\nrelease: bare\nversion: '1'\nserial: 1\ntitle: t\narches: [amd64]\ncompression-level: 3\nfiles: []\nimages: []\n";
    let page = Desk::new().page(lock, &BOTH);
    let elements = elements(&page);
    let ids: Vec<_> = named(&elements, "section").filter_map(|one| one.attribute("id")).collect();
    assert!(!ids.contains(&"ko-notes") && !ids.contains(&"ko-contents"), "{ids:?}");
    assert!(ids.contains(&"ko-verify"), "{ids:?}");
}

#[test]
fn a_lockfile_of_an_older_tool_says_what_it_does_not_know() {
    let lock = lock_with("a text");
    let (head, rest) = lock.split_once("catalog:\n").unwrap();
    let (_, rest) = rest.split_once("files:\n").unwrap();
    let page = Desk::new().page(&format!("{head}files:\n{rest}"), &[Language::English]);
    let texts = tokens(&page);
    let unknown = texts.iter().filter(|token| **token == Token::Text("not recorded".into()));
    assert_eq!(unknown.count(), 2 + 2 * 3, "the licence in the list, and three facts of each");
}
