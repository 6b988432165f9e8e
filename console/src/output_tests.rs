//! The console as a whole, on streams of our own.

use crate::output::Parts;
use crate::progress::Clock;
use crate::testing::{Sink, Terminal, plain, trouble};
use crate::{Console, OutputFlags, Table};
use manifests::ExitCode;
use manifests::event::{Event, Transfer};
use std::io::Write;

const JSON: OutputFlags = OutputFlags { json: true, quiet: false, color: clap::ColorChoice::Never };
const QUIET: OutputFlags = OutputFlags { json: false, quiet: true, ..JSON };
const PLAIN: OutputFlags = OutputFlags { json: false, ..JSON };

fn parts(stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Parts {
    Parts { stdout, stderr, screen: None, columns: None, paint: plain(), clock: Clock::system() }
}

/// Says one thing of every kind; gives stdout and stderr.
fn say_everything(flags: OutputFlags) -> String {
    let (out, err) = (Sink::default(), Sink::default());
    let console = Console::from_parts(flags, parts(out.stream(), err.stream()));
    assert_eq!(console.wants_json(), flags.json);
    console.note("the cache is new");
    console.warn("no arm64 variant");
    let mut table = Table::new(["name", "bytes"]).numbers(&[1]);
    table.row(["etcd", "9"]);
    console.table(&table);
    console.json(&serde_json::json!({"release": "보따리", "images": []}));
    console.success("wrote `kp.bottari.tar.zst`");
    let code = console.failure(&trouble(&["no such host", "timed out"], Some("check the cable")));
    assert_eq!(console.finish(code), ExitCode::Untrusted);
    format!("stdout:\n{}stderr:\n{}", out.text(), err.text())
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    insta::assert_snapshot!(say_everything(PLAIN), @r#"
    stdout:
    name  bytes
    etcd      9
    {
      "release": "보따리",
      "images": []
    }
    stderr:
    the cache is new
    warning: no arm64 variant
    wrote `kp.bottari.tar.zst`
    error: no such host
      caused by: timed out
    hint: check the cable
    "#);
}

#[test]
fn with_json_every_line_on_stderr_is_an_object() {
    insta::assert_snapshot!(say_everything(JSON), @r#"
    stdout:
    name  bytes
    etcd      9
    {
      "release": "보따리",
      "images": []
    }
    stderr:
    {"event":"notice","text":"the cache is new"}
    {"event":"warning","text":"no arm64 variant"}
    {"event":"notice","text":"wrote `kp.bottari.tar.zst`"}
    {"event":"error","message":"no such host","causes":["timed out"],"hint":"check the cable","exit-code":40}
    "#);
}

#[test]
fn an_event_of_somebody_else_is_told_to_programs_only() {
    let told = |flags| {
        let (out, err) = (Sink::default(), Sink::default());
        let console = Console::from_parts(flags, parts(out.stream(), err.stream()));
        console.json_event(&serde_json::json!({"event": "step-done", "step": "cp-1/x/one"}));
        (out.text(), err.text())
    };
    let line = "{\"event\":\"step-done\",\"step\":\"cp-1/x/one\"}\n".to_owned();
    assert_eq!(told(JSON), (String::new(), line));
    let silent = OutputFlags { quiet: true, ..JSON };
    for flags in [PLAIN, QUIET, silent] {
        assert_eq!(told(flags), (String::new(), String::new()));
    }
}

#[test]
fn quiet_keeps_data_warnings_and_errors() {
    insta::assert_snapshot!(say_everything(QUIET), @r#"
    stdout:
    name  bytes
    etcd      9
    {
      "release": "보따리",
      "images": []
    }
    stderr:
    warning: no arm64 variant
    error: no such host
      caused by: timed out
    hint: check the cable
    "#);
}

#[test]
fn an_error_takes_the_bars_away_and_stands_alone() {
    let terminal = Terminal::new();
    let screen = Some((terminal.screen.clone(), Terminal::COLUMNS));
    let parts = Parts { screen, ..parts(Sink::default().stream(), terminal.stream()) };
    let console = Console::from_parts(PLAIN, parts);
    let reporter = console.reporter();
    reporter.report(&Event::PhaseStarted { title: "fetching".into(), items: 2, bytes: None });
    let _transfer = Transfer::start(reporter.as_ref(), "etcd", Some(5));
    console.success("wrote `release.lock`");
    let before = terminal.memory.contents();
    assert!(before.starts_with("wrote `release.lock`\n  etcd "), "{before}");

    console.failure(&trouble(&["the source is gone"], None));
    reporter.report(&Event::TransferAdvanced { id: 1, bytes: 1 });
    insta::assert_snapshot!(terminal.memory.contents(), @"
    wrote `release.lock`
    error: the source is gone
    ");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    let err = Sink::default();
    let console = Console::from_parts(PLAIN, parts(Box::new(writer), err.stream()));
    drop(reader);
    console.data("a line that nobody reads\n");
    console.json(&[1, 2, 3]);
    assert_eq!(err.text(), "");
    assert_eq!(console.finish(ExitCode::Done), ExitCode::Done);
}

#[test]
fn a_stderr_that_went_away_does_not_stop_the_work() {
    let (reader, writer) = std::io::pipe().unwrap();
    let out = Sink::default();
    let console = Console::from_parts(PLAIN, parts(out.stream(), Box::new(writer)));
    drop(reader);
    console.warn("nobody hears this");
    console.data("data\n");
    assert_eq!(out.text(), "data\n");
}

#[test]
fn data_lost_on_a_full_disk_is_told_and_ends_as_a_failure() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return; // not every system has this device
    };
    let err = Sink::default();
    let console = Console::from_parts(PLAIN, parts(Box::new(full), err.stream()));
    console.data("precious\n");
    assert!(err.text().starts_with("warning: cannot write to stdout: "), "{}", err.text());
    assert_eq!(console.finish(ExitCode::Done), ExitCode::Step);
    assert_eq!(console.finish(ExitCode::Untrusted), ExitCode::Untrusted);
}

#[test]
fn a_question_is_asked_on_stderr_and_answered_on_stdin() {
    let (out, err) = (Sink::default(), Sink::default());
    let console = Console::from_parts(QUIET, parts(out.stream(), err.stream()));
    let mut stdin = "  RWQ 9f2c \r\n".as_bytes();
    assert_eq!(console.ask_from(&mut stdin, "fingerprint on paper?").unwrap(), "  RWQ 9f2c ");
    assert_eq!((out.text().as_str(), err.text().as_str()), ("", "fingerprint on paper? "));
    let silence = console.ask_from(&mut stdin, "still there?").unwrap_err();
    assert_eq!(silence.kind(), std::io::ErrorKind::UnexpectedEof);
}
