//! `trust`: the keys that count on this host.

use super::CommandError;
use crate::trust_store::{TrustStore, TrustStoreError, TrustedKey, read_key};
use bundles::{KeyId, PublicKey};
use clap::{Args, Subcommand};
use console::{Console, Table};
use serde_json::{Value, json};
use std::{
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
};

/// Manage the keys that are trusted on this host
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Trust a public key, after comparing its fingerprint
    ///
    /// The fingerprint must have come another way than the key itself: on paper, by telephone.
    Add {
        /// The public key
        #[arg(value_name = "KEY.pub")]
        key: PathBuf,

        /// The fingerprint as it stands on the paper; asked for when left out
        #[arg(long, value_name = "XXXX XXXX ...")]
        fingerprint: Option<String>,
    },
    /// List the keys that are trusted
    List,
    /// Stop trusting a key
    Remove {
        /// The key's id, as `trust list` shows it
        #[arg(value_name = "ID")]
        id: KeyId,
    },
}

impl Arguments {
    pub(super) fn run(self, console: &Console) -> Result<(), CommandError> {
        let store = TrustStore::of_this_host();
        match self.verb {
            Verb::Add { key, fingerprint } => add(console, &store, &key, fingerprint),
            Verb::List => list(console, &store),
            Verb::Remove { id } => remove(console, &store, id),
        }
    }
}

/// The true fingerprint is never shown before it was typed: whoever sees it
/// copies it and compares nothing.
fn add(
    console: &Console,
    store: &TrustStore,
    path: &Path,
    typed: Option<String>,
) -> Result<(), CommandError> {
    let key = read_key(path)?;
    let typed = typed.map_or_else(|| ask(console, path, &key), Ok)?;
    if !key.fingerprint().is_typed_as(&typed) {
        return Err(TrustStoreError::Fingerprint { path: path.to_owned() }.into());
    }
    let path = store.add(&key)?;
    if console.wants_json() {
        console.json(&described(&TrustedKey { key: key.clone(), path: path.clone() }));
    }
    console.success(&format!("key {} is trusted, in `{}`", key.id(), path.display()));
    Ok(())
}

fn ask(console: &Console, path: &Path, key: &PublicKey) -> Result<String, CommandError> {
    if !stdin().is_terminal() {
        return Err(TrustStoreError::NobodyToAsk { path: path.to_owned() }.into());
    }
    let question =
        format!("fingerprint of key {} as it stands on the paper (8 groups of 4):", key.id());
    console.ask(&question).map_err(CommandError::Answer)
}

fn list(console: &Console, store: &TrustStore) -> Result<(), CommandError> {
    let keys = store.keys()?;
    if console.wants_json() {
        console.json(&keys.iter().map(described).collect::<Vec<_>>());
        return Ok(());
    }
    let mut table = Table::new(["id", "fingerprint", "file"]);
    for TrustedKey { key, path } in &keys {
        let cells =
            [key.id().to_string(), key.fingerprint().to_string(), path.display().to_string()];
        table.row(cells);
    }
    console.table(&table);
    if keys.is_empty() {
        console.note("no key is trusted here; `bottari-installer trust add KEY.pub` adds one");
    }
    Ok(())
}

fn described(trusted: &TrustedKey) -> Value {
    let TrustedKey { key, path } = trusted;
    json!({ "id": key.id().to_string(), "fingerprint": key.fingerprint().to_string(), "file": path })
}

fn remove(console: &Console, store: &TrustStore, id: KeyId) -> Result<(), CommandError> {
    let files = store.remove(id)?;
    if console.wants_json() {
        console.json(&json!({ "id": id.to_string(), "files": files }));
    }
    console.success(&format!("key {id} is no longer trusted"));
    Ok(())
}
