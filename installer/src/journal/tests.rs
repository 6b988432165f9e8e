use super::*;
use crate::plan::testing::{plan, step};
use std::fs;

fn events() -> Vec<StepEvent> {
    let step = |id: &str| id.parse().unwrap();
    vec![
        StepEvent::RunStarted { run: "r1".parse().unwrap(), steps: 2, done_before: 0 },
        StepEvent::StepStarted {
            step: step("a/x/one"),
            title: "do one".into(),
            why: "\"new\"\n".into(),
        },
        StepEvent::StepDone { step: step("a/x/one") },
        StepEvent::StepSkipped { step: step("a/x/two"), why: "there".into() },
        StepEvent::RunFinished { done: 1, skipped: 1, failed: 0, left: 0 },
    ]
}

fn two_steps() -> Plan {
    plan(vec![step("a/x/one", &[]), step("a/x/two", &[])])
}

use crate::plan::Plan;

fn clock() -> SystemTime {
    UNIX_EPOCH + std::time::Duration::from_mins(29_919_450)
}

fn written(path: &Path) -> Header {
    let header = Header::new("r1".parse().unwrap(), two_steps().digest());
    let mut journal = Journal::create(path, &header, clock).unwrap();
    for event in events() {
        journal.append(&event).unwrap();
    }
    header
}

#[test]
fn a_journal_reads_back_what_was_written() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("journal.jsonl");
    assert_eq!(read(&path).unwrap(), None);
    let header = written(&path);
    let contents = read(&path).unwrap().unwrap();
    assert_eq!(contents.header, header);
    let read: Vec<_> = contents.records.iter().map(|record| record.event.clone()).collect();
    assert_eq!(read, events());
    let last = fs::read_to_string(&path).unwrap().lines().nth(3).unwrap().to_owned();
    assert_eq!(last, r#"{"at":1795167000000,"event":"step-done","step":"a/x/one"}"#);
}

#[test]
fn a_journal_torn_at_any_byte_of_its_last_record_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("journal.jsonl");
    written(&path);
    let whole = fs::read(&path).unwrap();
    let start = |line: &[u8]| line[..line.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for cut in start(&whole)..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let contents = read(&path).unwrap().unwrap();
        assert_eq!(contents.records.len(), 4, "cut at {cut}");
        let mut journal = Journal::resume(&path, &contents, clock).unwrap();
        journal.append(&events()[4]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole, "cut at {cut}");
    }
}

#[test]
fn a_journal_whose_first_record_is_torn_has_not_begun() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("journal.jsonl");
    written(&path);
    let whole = fs::read(&path).unwrap();
    let header = whole.iter().position(|byte| *byte == b'\n').unwrap();
    for cut in 0..=header {
        fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(read(&path).unwrap(), None, "cut at {cut}");
    }
}

#[test]
fn damage_before_the_last_record_is_not_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("journal.jsonl");
    written(&path);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("step-started", "step-stumbled", 1)).unwrap();
    assert!(matches!(read(&path), Err(JournalError::Damaged { line: 3, .. })));
    fs::write(&path, text.replacen("journal/v1", "journal/v9", 1)).unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert!(error.ends_with("has format `bottari.journal/v9`: expected `bottari.journal/v1`"));
}

#[test]
fn what_is_left_follows_from_the_records_alone() {
    let record = |event: &StepEvent| Record { at: 0, event: event.clone() };
    let mut records: Vec<Record> = events().iter().map(record).collect();
    let two_steps = two_steps();
    let left = |records: &[Record]| {
        let left = outstanding(&two_steps, records);
        left.iter().map(|step| step.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(left(&records[..2]), ["a/x/one", "a/x/two"]);
    assert_eq!(left(&records[..3]), ["a/x/two"]);
    assert!(left(&records).is_empty());
    assert!(is_finished(&two_steps, &records) && !is_finished(&two_steps, &records[..4]));
    let step = "a/x/one".parse().unwrap();
    records.push(record(&StepEvent::StepFailed { step, cause: "disk".into() }));
    assert_eq!(left(&records), ["a/x/one"]);
}
