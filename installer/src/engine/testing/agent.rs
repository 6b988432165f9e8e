//! A shell inside a sandbox that runs one command after the other.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// `$1` the new root. Only what the scripts may use of this machine is there.
const ENTER: &str = r#"
root=$1
for place in usr/bin usr/sbin usr/lib usr/lib64 dev/null; do
  [ ! -e "/$place" ] || mount --bind "/$place" "$root/$place" || exit 1
done
exec chroot "$root" /bin/sh -c '
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
  umask 022
  cd /
  echo ready
  while read -r line; do
    sh /.lab/command < /.lab/input > /.lab/output 2> /.lab/errors
    echo $?
  done
'
"#;

/// The shell. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Agent {
    pub(super) fn enter(root: &Path) -> Self {
        let mut child = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", ENTER, "sh"])
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("these tests need `unshare` of util-linux");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut agent = Self { child, input, output };
        assert_eq!(agent.answer(), "ready", "these tests need user namespaces");
        agent
    }

    /// Runs what lies in `/.lab`; its exit status.
    pub(super) fn run(&mut self) -> i32 {
        self.input.as_mut().unwrap().write_all(b"run\n").unwrap();
        self.answer().parse().unwrap()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
