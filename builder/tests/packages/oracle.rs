//! Sets of packages, some that clusters need and many drawn at random: our closure
//! is apt's, or the difference is one that is explained.

use crate::{
    apt::{self, Host},
    installing::{Hulls, installed},
};
use builder::debian::{Base, Chosen, Closure, Package, Priority, Universe};
use journeys::stock;
use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
};

/// Where the draws begin; another number draws other sets.
const SEED: u64 = 20_261_121;

/// How many sets are drawn.
const DRAWN: usize = 60;

/// What hosts of a cluster need, by role.
const ROLES: [&[&str]; 7] = [
    &["conntrack", "socat", "ethtool", "ebtables", "iptables", "ipset", "iproute2", "chrony"],
    &["ipvsadm", "curl", "rsync", "bash-completion", "apparmor", "libseccomp2", "openssl"],
    &["nfs-common"],
    &["xfsprogs", "e2fsprogs", "lvm2"],
    &["haproxy", "keepalived"],
    &["nfs-kernel-server", "nfs-common", "rpcbind"],
    &["iptables-persistent", "netfilter-persistent"],
];

/// Packages that cannot be together.
const EXCLUSIVE: [&[&str]; 3] =
    [&["postfix", "exim4-daemon-light"], &["chrony", "ntpsec"], &["network-manager-dev", "socat"]];

/// A closure by name and version.
type Names = BTreeMap<String, String>;

struct Oracle {
    universe: Universe,
    host: Host,
    hulls: Hulls,
}

impl Oracle {
    /// A host with what every Debian has and nothing else.
    fn of_this_machine() -> Option<Self> {
        let Some(universe) = apt::universe() else {
            stock::skipped("this machine's apt has no indexes, `apt-get update` brings them");
            return None;
        };
        let needed =
            |package: &&Package| package.essential || package.priority == Priority::Required;
        let names: Vec<_> =
            universe.packages().filter(needed).map(|package| package.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let nothing = Base::default();
        let minimal = Closure::find(&universe, &nothing, &names).unwrap();
        let status = apt::status(minimal.chosen.iter().map(|chosen| chosen.package));
        let host = Host::new(&status, &apt::arch());
        drop(minimal);
        Some(Self { universe, host, hulls: Hulls::new() })
    }

    fn ours(&self, wanted: &[&str]) -> Result<Names, String> {
        let closure = Closure::find(&self.universe, &self.host.base, wanted);
        let name =
            |chosen: &Chosen<'_>| (chosen.package.name.clone(), chosen.package.version.to_string());
        let closure = closure.map_err(|error| error.to_string())?;
        Ok(closure.chosen.iter().map(name).collect())
    }

    /// Whether a set makes the solver choose: alternatives, virtual packages, or
    /// packages that exclude others.
    fn is_hard(&self, closure: &Names) -> bool {
        let chosen =
            |package: &&Package| closure.get(&package.name) == Some(&package.version.to_string());
        self.universe.packages().filter(chosen).any(|package| {
            let groups = package.depends().unwrap();
            let virtual_or_more = groups.iter().any(|group| {
                group.len() > 1
                    || group
                        .iter()
                        .any(|one| !closure.contains_key(&one.name) && !self.host.has(&one.name))
            });
            virtual_or_more || !package.conflicts().unwrap().is_empty()
        })
    }

    fn packages<'a>(&'a self, closure: &'a Names) -> impl Iterator<Item = &'a Package> {
        self.universe.packages().filter(|package| {
            closure
                .get(&package.name)
                .is_some_and(|version| *version == package.version.to_string())
        })
    }

    /// Whether two closures differ only because somewhere one of several packages
    /// had to be taken, and each took another; what that needs included.
    fn is_choice(&self, ours: &Names, theirs: &Names) -> bool {
        self.only_chosen(ours, theirs) && self.only_chosen(theirs, ours)
    }

    fn only_chosen(&self, mine: &Names, other: &Names) -> bool {
        let (chosen, elsewhere): (Vec<_>, Vec<_>) =
            (self.packages(mine).collect(), self.packages(other).collect());
        let extra = chosen.iter().filter(|package| !other.contains_key(&package.name));
        extra.into_iter().all(|extra| {
            chosen.iter().any(|user| {
                let groups = user.depends().unwrap();
                let mut wanting = groups
                    .iter()
                    .filter(|group| group.iter().any(|relation| extra.satisfies(relation)));
                wanting.any(|group| {
                    let alternative = |package: &&Package| {
                        group.iter().any(|relation| package.satisfies(relation))
                    };
                    !other.contains_key(&user.name) || elsewhere.iter().any(alternative)
                })
            })
        })
    }

    /// What a solver of other hands says of a closure beside what the host has;
    /// nothing when it agrees.
    fn debcheck(&self, closure: &Names) -> Option<String> {
        self.host.debcheck(self.packages(closure))
    }

    /// Has stock apt and dpkg install a closure for real; gives what of it they did not
    /// need. All that was there before has to be there, and nothing else may be.
    fn install(&self, closure: &Names, wanted: &[&str]) -> Result<Names, String> {
        let status = self.host.status();
        let before = installed(&status);
        let mut rest: Names = before.clone().into_iter().chain(closure.clone()).collect();
        let found = self.hulls.install(&status, self.packages(closure), wanted)?;
        for (name, version) in &found {
            match rest.remove(name) {
                Some(expected) if expected == *version => {}
                expected => return Err(format!("{name}: {expected:?} expected, {version} found")),
            }
        }
        match rest.keys().find(|name| before.contains_key(*name) || wanted.contains(&&***name)) {
            Some(gone) => Err(format!("{gone} is not there")),
            None => Ok(rest),
        }
    }

    fn compare(&self, sets: &[Vec<&str>]) -> Tally {
        let mut tally = Tally::default();
        for set in sets {
            tally.compare(self, set);
        }
        tally
    }

    fn draw(&self, random: &mut fastrand::Rng) -> Vec<&str> {
        let names: BTreeSet<&str> =
            self.universe.packages().map(|package| &*package.name).collect();
        let names: Vec<&str> = names.into_iter().collect();
        (0..random.usize(1..=3)).map(|_| names[random.usize(..names.len())]).collect()
    }
}

/// What came of all sets.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    installed: usize,
    hard: usize,
    refused: usize,
    packages: usize,
    explained: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.same += other.same;
        self.installed += other.installed;
        self.hard += other.hard;
        self.refused += other.refused;
        self.packages += other.packages;
        self.explained.extend(other.explained);
        self.wrong.extend(other.wrong);
    }

    fn compare(&mut self, oracle: &Oracle, set: &[&str]) {
        let (ours, theirs) = match (oracle.ours(set), oracle.host.apt(set)) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (Err(_), Err(_)) => return self.refused += 1,
            (Ok(_), Err(said)) => return self.wrong.push(format!("{set:?}: apt refuses: {said}")),
            (Err(why), Ok(_)) => return self.wrong.push(format!("{set:?}: only we refuse: {why}")),
        };
        self.hard += usize::from(oracle.is_hard(&ours));
        self.packages += ours.len();
        if let Some(why) = oracle.debcheck(&ours) {
            self.wrong.push(format!("{set:?}: dose-debcheck: {why}"));
        }
        let told = || format!("{set:?}: {}", difference(&ours, &theirs));
        let is_same = ours == theirs;
        match is_same {
            true => self.same += 1,
            false if oracle.is_choice(&ours, &theirs) => self.explained.push(told()),
            false => self.wrong.push(told()),
        }
        match oracle.install(&ours, set) {
            // Of several packages that would do, apt may need another one of ours.
            Ok(rest) if rest.is_empty() || !is_same => self.installed += 1,
            Ok(rest) => self.wrong.push(format!("{set:?}: not installed: {rest:?}")),
            Err(why) => self.wrong.push(format!("{set:?}: cannot be installed: {why}")),
        }
    }
}

#[expect(clippy::print_stdout, reason = "the counts are what people want to see of it")]
#[test]
fn our_closures_are_those_of_apt_but_for_alternatives() {
    let Some(oracle) = Oracle::of_this_machine() else { return };
    let mut random = fastrand::Rng::with_seed(SEED);
    let drawn = (0..DRAWN).map(|_| oracle.draw(&mut random));
    let known = ROLES.iter().chain(&EXCLUSIVE).map(|set| set.to_vec());
    let sets: Vec<Vec<&str>> = known.chain(drawn).collect();
    // The first question makes apt's cache; the others only read it.
    let mut tally = Tally::default();
    tally.compare(&oracle, &sets[0]);
    let halves = sets[1..].chunks(sets.len().div_ceil(2));
    thread::scope(|scope| {
        let threads: Vec<_> = halves.map(|half| scope.spawn(|| oracle.compare(half))).collect();
        for thread in threads {
            tally.add(thread.join().unwrap());
        }
    });
    let Tally { same, installed, hard, refused, packages, explained, wrong } = tally;
    println!(
        "{} sets of seed {SEED}: {same} as apt has them, {} with another alternative, {refused} \
         refused by both; {installed} installed by `apt-get --no-download` without a network; \
         {hard} make the solver choose; {packages} packages in all",
        sets.len(),
        explained.len()
    );
    println!("{}", explained.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(hard >= 20 && refused >= 1, "too easy");
    assert!(explained.len() * 10 <= sets.len(), "more than a tenth differs");
}

fn difference(ours: &Names, theirs: &Names) -> String {
    let only = |these: &Names, those: &Names| {
        let only = these.iter().filter(|(name, version)| those.get(*name) != Some(*version));
        only.map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
    };
    format!("only we: {}; only apt: {}", only(ours, theirs), only(theirs, ours))
}
