//! Ways to hosts that cannot work: transport, jump host, sudo.

use super::{
    defaults::within,
    document::Field,
    file::{ClusterFile, HostEntry, SshEntry, Sudo, Transport, USER},
    meaning::Asking,
    mistakes::{Mistakes, Place},
};

pub(super) fn check(file: &ClusterFile, asking: Asking, mistakes: &Mistakes) {
    jump_or_direct(file.ssh.as_ref(), mistakes);
    one_local_host(file, mistakes);
    for (place, host) in file.hosts.items() {
        jump_or_direct(host.ssh.as_ref(), mistakes);
        local_needs_no_ssh(host, mistakes);
        jump_leads_on(file, host, mistakes);
        let sudo = host.sudo.as_ref().or(file.sudo.as_ref());
        let place = sudo.map_or(place, |sudo| sudo.place);
        root_is_reached(file, host, place, mistakes);
        password_can_be_asked(file, host, (place, asking), mistakes);
    }
}

fn jump_or_direct(ssh: Option<&Field<SshEntry>>, mistakes: &Mistakes) {
    let (jump, direct) = (within(ssh, |ssh| &ssh.jump), within(ssh, |ssh| &ssh.direct));
    if let (Some(_), Some(direct)) = (jump, direct.filter(|direct| direct.get() == Some(&true))) {
        mistakes.add(direct.place, "`direct: true` and `jump` exclude each other: leave one out");
    }
}

fn is_local(host: &HostEntry) -> bool {
    host.transport() == Some(Transport::Local)
}

fn one_local_host(file: &ClusterFile, mistakes: &Mistakes) {
    let mut local = file.hosts.items().map(|(_, host)| host).filter(|host| is_local(host));
    let Some(first) = local.next().map(HostEntry::title) else { return };
    for host in local {
        let title = host.title();
        let message = format!(
            "{title}: only one host can be `local`, the one the installer runs on; \
             {first} already is"
        );
        mistakes.add(host.transport.as_ref().map_or(host.name.place, |field| field.place), message);
    }
}

fn local_needs_no_ssh(host: &HostEntry, mistakes: &Mistakes) {
    if let Some(ssh) = host.ssh.as_ref().filter(|_| is_local(host)) {
        let message =
            format!("{}: `ssh` says nothing for a host with `transport: local`", host.title());
        mistakes.add(ssh.place, message);
    }
}

fn jump_leads_on(file: &ClusterFile, host: &HostEntry, mistakes: &Mistakes) {
    let Some(field) = file.jump(host).filter(|_| !is_local(host)) else { return };
    let (Some(jump), Some(address)) = (field.get(), host.address.get()) else { return };
    if jump.address.get() == Some(address) && jump.port() == file.ssh_port(host).0 {
        let message = format!(
            "{}: the jump host is the host itself; add `ssh: {{direct: true}}` to it",
            host.title()
        );
        mistakes.add(host.address.place, message);
    }
}

fn root_is_reached(file: &ClusterFile, host: &HostEntry, place: Place, mistakes: &Mistakes) {
    let Some(user) = file.user(host).filter(|user| user.as_str() != USER) else { return };
    if !is_local(host) && file.sudo(host) == Some(Sudo::None) {
        let title = host.title();
        let message = format!(
            "{title}: user `{user}` is not root: expected `sudo: passwordless` or \
             `sudo: password`, found `none`"
        );
        mistakes.add(place, message);
    }
}

fn password_can_be_asked(
    file: &ClusterFile,
    host: &HostEntry,
    (place, asking): (Place, Asking),
    mistakes: &Mistakes,
) {
    if asking == Asking::Impossible && file.sudo(host) == Some(Sudo::Password) {
        let message = format!(
            "{}: sudo wants a password and nobody can be asked: run from a terminal",
            host.title()
        );
        mistakes.add(place, message);
    }
}
