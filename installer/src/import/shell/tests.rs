//! What is read as a shell would read it, and what is refused.

use super::read;
use proptest::prelude::*;

/// `NAME=value` of each line that was read, then what was refused.
fn said(text: &str) -> String {
    let script = read(text);
    let assignments = script.assignments.iter().filter_map(|assignment| {
        Some(format!("{}={}", assignment.name, assignment.value.as_deref()?))
    });
    let refusals = script.refusals.iter().map(|refusal| {
        format!("{}:{}: {}", refusal.place.line, refusal.place.column, refusal.message)
    });
    assignments.chain(refusals).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_are_read_as_a_shell_reads_them() {
    for (line, value) in [
        ("A=1", "A=1"),
        ("  export A=1", "A=1"),
        ("A=", "A="),
        ("A=1 # one", "A=1"),
        ("A=1#2", "A=1#2"),
        ("A='a b'", "A=a b"),
        ("A=\"a b\"", "A=a b"),
        ("A=a'b'\"c\"d", "A=abcd"),
        ("A='$HOME`x`'", "A=$HOME`x`"),
        (r#"A="\$B \"q\" \a""#, r#"A=$B "q" \a"#),
        (r"A=a\ b\$", "A=a b$"),
        ("A=5$", "A=5$"),
        ("A=https://site.example/a?b=c*", "A=https://site.example/a?b=c*"),
        ("A=1 B=2", "A=1\nB=2"),
        ("A= B=2", "A=\nB=2"),
        ("export A=1 B", "A=1"),
        ("declare -A C", ""),
        ("C[CTX]=\"one\"   # first", "C[CTX]=one"),
        ("# A=1; rm -rf /", ""),
        ("A=노드", "A=노드"),
        ("\u{feff}A=1\r\nB=2\r", "A=1\nB=2"),
    ] {
        assert_eq!(said(line), value, "{line}");
    }
}

#[test]
fn a_variable_of_a_line_above_is_filled_in() {
    assert_eq!(
        said("NET=10.77.0\nA=$NET.11\nB=\"${NET}.12\"\nC='$NET'"),
        "NET=10.77.0\nA=10.77.0.11\nB=10.77.0.12\nC=$NET"
    );
    assert_eq!(said("C[X]=1\nA=${C[X]}"), "C[X]=1\nA=1");
    assert!(read("NET=1\nA=$NET").assignments[0].helps.get());
}

#[test]
fn what_a_shell_would_do_is_refused_with_its_place() {
    let lines = [
        "A=$(hostname -I)",
        "A=`hostname`",
        "A=\"x $(id)\"",
        "A=$((1+2))",
        "A=$[1+2]",
        "A=1; B=2",
        "A=1|cat",
        "A=1&",
        "A=1>file",
        "A=(1 2)",
        "source other.sh",
        ". other.sh",
        "rm -rf /",
        "A=1 rm -rf /",
        "A = 1",
        "A= 1",
        "if [ -n \"$A\" ]; then",
        "eval \"A=1\"",
        "A+=1",
        "A=$HOME",
        "A=${B:-1}",
        "A=${B",
        "A=$1",
        "A=$'x'",
        "A='open",
        "A=\"open",
        "A=1\\",
        "A=~/x",
        "declare -i A=1",
        "1A=2",
        "C[x",
        "export -f x",
    ];
    let refused: Vec<_> = lines
        .iter()
        .map(|line| {
            let said = said(line);
            assert!(!read(line).refusals.is_empty(), "{line}");
            format!("{line}\n    {}", said.lines().last().unwrap())
        })
        .collect();
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn other_lines_are_read_all_the_same() {
    assert_eq!(
        said("A=$(x)\nB=2\nC=$A"),
        "B=2\n1:3: `$(…)` would run a command for its output: write the value itself\n3:3: `$A` was not read above"
    );
}

#[test]
fn a_script_that_writes_the_files_is_told_from_them() {
    let script = "A=1\ncat <<EOF > vars.sh\nA=$(x)\nB=\nEOF\nC=3";
    assert_eq!(
        said(script),
        "A=1\nC=3\n2:1: `cat` would be run as a command: only `NAME=value` is read"
    );
    assert_eq!(read(script).writes.map(|place| place.line), Some(2));
    assert_eq!(read("A=1\nsleep 1").writes, None);
}

#[test]
fn a_value_that_doubles_line_by_line_fills_no_memory() {
    let lines = (0..200).map(|n| format!("A{}=$A{n}$A{n}", n + 1)).collect::<Vec<_>>().join("\n");
    let script = read(&format!("A0=0123456789\n{lines}"));
    let longest = script.assignments.iter().filter_map(|a| a.value.as_ref()).map(String::len).max();
    assert!(longest.unwrap() <= 4096);
    assert!(script.refusals[0].message.contains("longer than"), "{:?}", script.refusals[0]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        read(&text);
    }

    #[test]
    fn no_line_of_shell_makes_the_reader_panic(
        text in "([A-C]|=|\\$|\\{|\\}|\\(|\\)|`|'|\"|\\\\|#|;|<|\n|\r| |\\[|\\]|export |~|é)*"
    ) {
        for refusal in read(&text).refusals {
            let line = text.lines().nth(usize::try_from(refusal.place.line).unwrap() - 1);
            let width = line.unwrap().chars().count() as u64;
            prop_assert!(refusal.place.column <= width + 1, "{refusal:?}");
        }
    }

    #[test]
    fn a_value_in_single_quotes_comes_out_as_it_went_in(value in "[^'\\n\\r]{0,200}") {
        let script = read(&format!("A='{value}'"));
        prop_assert_eq!(script.last("A").and_then(|a| a.value.as_deref()), Some(value.as_str()));
    }
}

/// The promise of the module, held against its text.
#[test]
fn nothing_of_the_import_can_start_a_program_or_see_the_environment() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/import");
    let mut files = vec![folder];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if !path.ends_with("tests.rs")
            && !path.components().any(|c| c.as_os_str() == "tests")
        {
            seen += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for word in ["process::", "Command", "std::env", "std::fs", "env::", "unsafe"] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
        }
    }
    assert!(seen > 10, "{seen}");
}
