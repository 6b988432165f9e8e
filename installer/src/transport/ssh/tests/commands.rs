use super::sshd::{Sshd, connector};
use crate::transport::{
    LineSink, RemoteCommand, Secret, Stream, Transport, TransportError, ssh::HostAddress,
};
use futures_util::StreamExt;
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

#[tokio::test]
async fn a_command_tells_its_status_output_and_errors() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let script = "echo \"out $1\"; echo err >&2; cat; exit 7";
    let command = RemoteCommand::script("try", script, ["it's"]).stdin("from stdin");
    let finished = session.run(&command).await.unwrap();
    assert_eq!((finished.status, finished.text().as_str()), (7, "out it's\nfrom stdin"));
    assert_eq!(finished.stderr.bytes, b"err\n");
    let killed = RemoteCommand::script("die", "kill -TERM $$", [""; 0]);
    assert_eq!(session.run(&killed).await.unwrap().status, 143);
}

#[tokio::test]
async fn a_greeting_of_the_login_shell_is_no_part_of_the_answer() {
    let greeting = "ForceCommand echo Welcome; eval \"$SSH_ORIGINAL_COMMAND\"";
    let Some(sshd) = Sshd::start_with(greeting) else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let finished = session.run(&RemoteCommand::argv(["echo", "answer"])).await.unwrap();
    assert_eq!(finished.text(), "answer\n");
    let path = sshd.at("id.pub").to_str().unwrap().parse().unwrap();
    let bytes = session.read_file(&path, 999).await.unwrap().unwrap();
    assert_eq!(bytes, std::fs::read(sshd.at("id.pub")).unwrap());
}

#[tokio::test]
async fn a_command_that_stops_reading_does_not_hang_us() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let input = vec![0_u8; 64 << 20];
    let exits = RemoteCommand::script("exit", "exit 3", [""; 0]).stdin(input.clone());
    assert_eq!(session.run(&exits).await.unwrap().status, 3);
    let full = RemoteCommand::script("fill", "cat > /dev/full", [""; 0]).stdin(input);
    let finished = session.run(&full).await.unwrap();
    assert_eq!(finished.status, 1);
    assert!(finished.said().contains("No space left"), "{}", finished.said());
}

#[tokio::test]
async fn a_command_is_ended_on_the_host_at_its_deadline() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let mark = sshd.at("pid");
    let script = "trap '' HUP; echo $$ > \"$1\"; sleep 30";
    let arguments = [mark.display().to_string()];
    let command =
        RemoteCommand::script("sleep", script, arguments).deadline(Duration::from_secs(1));
    let began = Instant::now();
    let error = session.run(&command).await.unwrap_err();
    assert!(matches!(error, TransportError::Deadline { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(error.to_string(), "cp-1: `sleep` did not end within 1 s");
    let pid = std::fs::read_to_string(mark).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "it still runs");
}

#[tokio::test]
async fn a_thousand_commands_share_one_connection() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let session = &session;
    let wrong = futures_util::stream::iter(0..1000)
        .map(|number: usize| async move {
            let command = RemoteCommand::argv(["echo", &number.to_string()]);
            session.run(&command).await.unwrap().text() != format!("{number}\n")
        })
        .buffer_unordered(40)
        .filter(|wrong| std::future::ready(*wrong))
        .count()
        .await;
    assert_eq!(wrong, 0);
    assert_eq!(sshd.cut(), 1, "one connection");
}

#[tokio::test]
async fn a_host_that_allows_one_session_is_asked_again() {
    let Some(sshd) = Sshd::start_with("MaxSessions 1") else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let sleep = RemoteCommand::argv(["sleep", "0.2"]);
    let (one, two) = tokio::join!(session.run(&sleep), session.run(&sleep));
    assert!(one.unwrap().success() && two.unwrap().success());
}

#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

impl LineSink for Lines {
    fn line(&self, _: Stream, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

#[tokio::test]
async fn lines_arrive_while_the_command_runs_and_hide_secrets() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let lines = Arc::new(Lines::default());
    let command = RemoteCommand::script("say", "cat; echo; echo last", [""; 0])
        .stdin("token hunter2")
        .secret(Secret::new("hunter2"))
        .watch(lines.clone());
    let finished = session.run(&command).await.unwrap();
    assert_eq!(*lines.0.lock().unwrap(), ["token [secret]", "last"]);
    assert!(!finished.said().contains("hunter2"));
}

#[tokio::test]
async fn a_command_that_would_show_a_secret_is_not_sent() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let command = RemoteCommand::argv(["echo", "hunter2"]).secret(Secret::new("hunter2"));
    let error = session.run(&command).await.unwrap_err();
    assert_eq!(error.to_string(), "`echo [secret]` would show a secret in the host's process list");
}

struct CutAtFirstLine(Box<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for CutAtFirstLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CutAtFirstLine")
    }
}

impl LineSink for CutAtFirstLine {
    fn line(&self, _: Stream, _: &str) {
        (self.0)();
    }
}

#[tokio::test]
async fn a_cut_line_is_told_apart_from_a_failed_command() {
    let Some(sshd) = Sshd::start() else { return };
    let session = connector().connect(&sshd.address()).await.unwrap();
    let sink = Arc::new(CutAtFirstLine(Box::new(sshd.scissors())));
    let command = RemoteCommand::script("wait", "echo up; sleep 30", [""; 0]).watch(sink);
    let error = session.run(&command).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(error.to_string(), "cp-1: the connection was lost during `wait`");
    let next = session.run(&RemoteCommand::argv(["true"])).await.unwrap_err();
    assert!(next.is_retryable(), "{next}");
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_can_be_tried_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = HostAddress {
        port,
        ..HostAddress::new("cp-1", "127.0.0.1".parse().unwrap(), "/nonexistent".into())
    };
    let error = connector().connect(&address).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), format!("cp-1: no connection to 127.0.0.1:{port}"));
}
