//! `push`: everything in bundles goes into an existing registry.

use super::{
    CommandError,
    arguments::{RollbackArguments, TrustArguments},
};
use crate::{
    push::{
        LAST_MOMENT, LineOptions, LoginFiles, PushError, PushOptions, Pushed, Retry, Stop, Target,
        TargetError, push, token_host,
    },
    serve::runtime,
};
use axum::http::uri::Authority;
use bundles::Bundle;
use clap::Args;
use console::{Console, text};
use serde_json::json;
use std::{env, num::NonZeroUsize, path::PathBuf};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::sleep,
};

/// Copy everything in bundles into an existing registry
///
/// Images, charts and files keep their names, tags and digests below the prefix:
/// `docker.io/library/busybox:1.36` becomes HOST/PREFIX/docker.io/library/busybox:1.36, a file
/// HOST/PREFIX/files/COMPONENT/NAME:VERSION; the colon of a registry's port becomes `_`. What is
/// there is not sent again, and after a stop or a cut line the same command goes on.
///
/// Packets go to the registry of `--to` and to hosts of `--token-host`, and nowhere else: proxies
/// in the environment are not used, redirects are not followed.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundles: files, volumes in any order, or folders that hold them
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,

    /// The registry, and the path below which everything is put
    #[arg(long, value_name = "HOST[:PORT]/PREFIX")]
    to: Target,

    /// Only ask what is there, and tell what would be sent
    #[arg(long)]
    dry_run: bool,

    /// How many blobs are sent at once
    #[arg(long, short, value_name = "N", default_value = "4")]
    jobs: NonZeroUsize,

    /// Push indexes too of which the bundle leaves platforms out; strict registries refuse them
    #[arg(long)]
    sparse: bool,
    #[command(flatten)]
    line: LineArguments,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    rollback: RollbackArguments,
}

/// How to speak to the registry.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registry")]
struct LineArguments {
    /// The CA of the registry's certificate, in PEM, instead of those this machine trusts
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Speak HTTP without TLS
    #[arg(long, conflicts_with = "ca")]
    plain_http: bool,

    /// Send a password without TLS to another machine too
    #[arg(long)]
    login_over_http: bool,

    /// Take the login from this file
    ///
    /// Without it `$REGISTRY_AUTH_FILE`, or else what `podman login` and `docker login` wrote
    /// (`containers/auth.json` in `$XDG_RUNTIME_DIR` or ~/.config, `~/.docker/config.json` with its
    /// credential helpers).
    #[arg(long, value_name = "FILE")]
    authfile: Option<PathBuf>,

    /// Ask this host too for tokens, when the registry wants those; can be given several times
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_host)]
    token_host: Vec<Authority>,
}

fn parse_host(text: &str) -> Result<Authority, TargetError> {
    token_host(text)
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let bundles = self.trust.keys()?.open(&self.bundles, console)?;
        let serials = self.rollback.check(&bundles)?;
        let options = self.options(serials.folder().join("push"));
        let runtime = runtime()?;
        let pushed = runtime.block_on(until_stopped(&bundles, &options, console));
        // A piece that is being read for a line that was given up is not waited for.
        runtime.shutdown_background();
        let pushed = pushed.map_err(Box::new)?;
        if !options.dry_run {
            serials.remember(&bundles)?;
        }
        tell(console, &options, &pushed);
        Ok(())
    }

    fn options(&self, uploads: PathBuf) -> PushOptions {
        let logins = match &self.line.authfile {
            Some(file) => LoginFiles::named(file.clone()),
            None => LoginFiles::usual(|name| env::var_os(name)),
        };
        let line = LineOptions {
            ca: self.line.ca.clone(),
            plain_http: self.line.plain_http,
            login_over_http: self.line.login_over_http,
            token_hosts: self.line.token_host.clone(),
            logins,
        };
        PushOptions {
            target: self.to.clone(),
            line,
            jobs: self.jobs.get(),
            sparse: self.sparse,
            dry_run: self.dry_run,
            uploads,
            retry: Retry::default(),
        }
    }
}

/// Pushes until all is done or the operator wants an end: the first signal closes
/// uploads in good order, the second does not wait for that.
async fn until_stopped(
    bundles: &[Bundle],
    options: &PushOptions,
    console: &Console,
) -> Result<Pushed, PushError> {
    let (wanted, stop) = watch::channel(false);
    let [mut interrupt, mut terminate] = signals()?;
    let reporter = console.reporter();
    let mut work = std::pin::pin!(push(bundles, options, Stop::new(stop), &*reporter));
    tokio::select! {
        done = &mut work => return done,
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    console.note("stopping: the registry is told how far each blob is; Ctrl-C again does not wait");
    // Fails only when the push has ended meanwhile.
    let _ = wanted.send(true);
    tokio::select! {
        done = &mut work => done,
        _ = interrupt.recv() => Err(PushError::Interrupted),
        _ = terminate.recv() => Err(PushError::Interrupted),
        () = sleep(LAST_MOMENT) => Err(PushError::Interrupted),
    }
}

fn signals() -> Result<[Signal; 2], PushError> {
    let listen = |kind| signal(kind).map_err(PushError::Start);
    Ok([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?])
}

fn tell(console: &Console, options: &PushOptions, pushed: &Pushed) {
    if console.wants_json() {
        console.json(&json!({
            "target": options.target.to_string(),
            "dry-run": options.dry_run,
            "repositories": pushed.repositories,
            "blobs": {
                "there": pushed.there,
                "mounted": pushed.mounted,
                "sent": pushed.sent,
                "sent-bytes": pushed.sent_bytes,
            },
            "manifests": { "there": pushed.manifests_there, "sent": pushed.manifests_sent },
            "tags": { "there": pushed.tags_there, "set": pushed.tags_set },
        }));
    }
    let Pushed { there, mounted, sent, sent_bytes, .. } = *pushed;
    let blobs = text::count(there + mounted + sent, "blob", "blobs");
    let tags = text::count(pushed.tags_there + pushed.tags_set, "tag", "tags");
    let repositories = text::count(pushed.repositories, "repository", "repositories");
    let size = text::size(sent_bytes);
    let (to_mount, to_send) =
        if options.dry_run { ("to mount", "to send") } else { ("mounted", "sent") };
    console.success(&format!(
        "{}: {tags} in {repositories}; of {blobs} {there} there, {mounted} {to_mount}, {sent} {to_send} ({size})",
        options.target
    ));
}
