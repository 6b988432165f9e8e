//! As a service: what a service manager is told, and a socket that it opened.

use crate::{
    client::get,
    fixture::World,
    process::{LIMIT, Serving, installer},
};
use std::{net::TcpListener, os::fd::OwnedFd, os::unix::net::UnixDatagram, process::Command};

/// Where a service manager listens.
struct Manager(UnixDatagram);

impl Manager {
    fn new(world: &World) -> Self {
        let socket = UnixDatagram::bind(world.path("notify")).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        Self(socket)
    }

    /// The next thing that is said, signs of life apart.
    fn hears(&self) -> String {
        loop {
            let said = self.hears_anything();
            if said != "WATCHDOG=1" {
                return said;
            }
        }
    }

    fn hears_anything(&self) -> String {
        let mut buffer = [0; 256];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap().trim_end().to_owned()
    }
}

fn told(world: &World) -> Command {
    let mut command = installer(world);
    command.env("NOTIFY_SOCKET", world.path("notify"));
    command
}

#[test]
fn a_service_manager_hears_when_it_is_ready_reads_again_and_stops() {
    let world = World::new();
    let manager = Manager::new(&world);
    let serving = Serving::by(&world, told(&world), [&world.bundle]);
    assert_eq!(manager.hears(), "READY=1");
    assert_eq!(get(serving.address, "/v2/").status, 200);
    serving.signal("HUP");
    let reloading = manager.hears();
    let (first, second) = reloading.split_once('\n').unwrap();
    assert!(first == "RELOADING=1" && second.starts_with("MONOTONIC_USEC="), "{reloading}");
    assert_eq!(manager.hears(), "READY=1");
    serving.signal("TERM");
    assert_eq!(manager.hears(), "STOPPING=1");
    assert!(serving.end().0.success());
}

#[test]
fn a_service_manager_that_wants_signs_of_life_gets_them() {
    let world = World::new();
    let manager = Manager::new(&world);
    let mut command = told(&world);
    command.env("WATCHDOG_USEC", "90000");
    let _serving = Serving::by(&world, command, [&world.bundle]);
    for _ in 0..3 {
        while manager.hears_anything() != "WATCHDOG=1" {}
    }
}

/// The installer with a socket that is open already: sockets are given as file 3,
/// to the process with this id.
fn with_socket(world: &World, socket: TcpListener) -> Command {
    let script = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
    let program = installer(world);
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(program.get_program()).stdin(OwnedFd::from(socket));
    for (name, value) in program.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell
}

#[test]
fn a_socket_that_the_service_manager_opened_is_served() {
    let world = World::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut serving = Serving::by(&world, with_socket(&world, socket), [&world.bundle]);
    assert_eq!(serving.address, address);
    assert!(serving.wait_for("serving ").contains(&address.to_string()));
    assert_eq!(get(address, "/v2/").status, 200);
}

#[test]
fn a_socket_that_everybody_reaches_takes_no_pushes_without_a_name() {
    let world = World::new();
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let mut command = with_socket(&world, socket);
    command.arg("serve").arg(&world.bundle).args(["--listen", "127.0.0.1:0"]);
    let output = command.arg("--writable").arg(world.path("pushed")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("0.0.0.0"), "{told}");
    assert!(!world.path("pushed").exists(), "it is refused before the folder is made");
}
