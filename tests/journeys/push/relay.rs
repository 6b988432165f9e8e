//! A line that fails on request: a relay on loopback that counts what goes towards
//! the registry, and cuts or holds it after so many bytes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Duration,
};

/// Longest time that anything here may take.
const LIMIT: Duration = Duration::from_mins(1);

/// What happens once, when so many bytes have gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Both sides see the end of the connection.
    Cut(u64),
    /// Nothing more goes through until it is released.
    Hold(u64),
    /// So many connections get this status and a wish to come back at once.
    Refuse(u64, u16),
}

#[derive(Default)]
struct State {
    bytes: u64,
    fault: Option<Fault>,
    held: bool,
    /// Connections that bytes may still come from.
    open: usize,
}

#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

/// A relay to one registry, as long as the test lasts.
pub(crate) struct Relay {
    line: Arc<Line>,
    pub(crate) address: String,
}

impl Relay {
    pub(crate) fn to(registry: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let line = Arc::new(Line::default());
        line.lock().fault = Some(fault);
        let (ours, registry) = (Arc::clone(&line), registry.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&registry) else { return };
                match ours.refusal() {
                    Some(status) => refuse(&client, status),
                    None => connect(&ours, &client, &server),
                }
            }
        });
        Self { line, address }
    }

    /// Another fault, from here on.
    pub(crate) fn fail_again(&self, fault: Fault) {
        let mut state = self.line.lock();
        (state.bytes, state.fault) = (0, Some(fault));
    }

    /// Waits until the line is held.
    pub(crate) fn wait_until_held(&self) {
        let state = self.line.lock();
        let waited = self.line.changed.wait_timeout_while(state, LIMIT, |state| !state.held);
        assert!(waited.unwrap().0.held, "nothing came as far as the fault");
    }

    /// Waits until everything that was sent has gone through.
    pub(crate) fn wait_until_idle(&self) {
        let state = self.line.lock();
        let waited = self.line.changed.wait_timeout_while(state, LIMIT, |state| state.open > 0);
        assert_eq!(waited.unwrap().0.open, 0, "a connection stays open");
    }

    /// Lets everything go through again.
    pub(crate) fn release(&self) {
        self.line.lock().held = false;
        self.line.changed.notify_all();
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The status for a connection that is not taken.
    fn refusal(&self) -> Option<u16> {
        match &mut self.lock().fault {
            Some(Fault::Refuse(left @ 1.., status)) => {
                *left -= 1;
                Some(*status)
            }
            _ => None,
        }
    }

    /// Counts bytes; false when they must not go through.
    fn passes(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        state.bytes += bytes as u64;
        match state.fault {
            Some(Fault::Cut(after)) if state.bytes > after => {
                state.fault = None;
                return false;
            }
            Some(Fault::Hold(after)) if state.bytes > after => {
                state.fault = None;
                state.held = true;
                self.changed.notify_all();
            }
            _ => {}
        }
        drop(self.changed.wait_timeout_while(state, LIMIT, |state| state.held).unwrap());
        true
    }
}

/// Answers one request as an overloaded proxy does.
fn refuse(mut client: &TcpStream, status: u16) {
    let lines = BufReader::new(client).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let head = "Retry-After: 0\r\nContent-Length: 0\r\nConnection: close";
    write!(client, "HTTP/1.1 {status} no\r\n{head}\r\n\r\n").unwrap();
}

fn connect(line: &Arc<Line>, client: &TcpStream, server: &TcpStream) {
    let pair = || (client.try_clone().unwrap(), server.try_clone().unwrap());
    let ((from, to), line) = (pair(), Arc::clone(line));
    line.lock().open += 1;
    thread::spawn(move || {
        copy(from, to, |bytes| line.passes(bytes));
        line.lock().open -= 1;
        line.changed.notify_all();
    });
    let (to, from) = pair();
    thread::spawn(move || copy(from, to, |_| true));
}

fn copy(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(usize) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        if !passes(len) || to.write_all(&buffer[..len]).is_err() {
            // One that is closed already needs no end.
            let _closed = from.shutdown(Shutdown::Both);
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Write);
}
