//! What is there already: one HEAD for each blob, manifest and tag in each
//! repository that needs it.

use super::{
    contents::{Contents, is_of},
    error::PushError,
    registry::{Ask, Registry},
};
use axum::http::Method;
use futures_util::{StreamExt, TryStreamExt, stream};
use manifests::{Digest, event::Event};
use std::collections::{BTreeMap, BTreeSet};

/// Questions that are open at the same time: each waits for the line, not for us.
const OPEN: usize = 16;

/// What has to be done.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Repositories that lack a blob.
    pub(super) blobs: BTreeMap<Digest, Vec<String>>,
    /// A repository that has a blob, where one does.
    pub(super) there: BTreeMap<Digest, String>,
    /// Pairs of repository and blob that need nothing.
    pub(super) blobs_there: u64,
    /// Pairs of repository and manifest.
    pub(super) manifests: BTreeSet<(String, Digest)>,
    /// Manifests that need nothing.
    pub(super) manifests_there: u64,
    /// Pairs of repository and tag.
    pub(super) tags: BTreeSet<(String, String)>,
    /// Tags that need nothing.
    pub(super) tags_there: u64,
}

/// One question.
#[derive(Debug, Clone)]
enum Question {
    Blob(Digest),
    Manifest(Digest),
    Tag(String, Digest),
}

impl Question {
    fn address(&self, repository: &str) -> String {
        match self {
            Self::Blob(digest) => format!("/v2/{repository}/blobs/{digest}"),
            Self::Manifest(digest) => format!("/v2/{repository}/manifests/{digest}"),
            Self::Tag(tag, _) => format!("/v2/{repository}/manifests/{tag}"),
        }
    }
}

/// Asks about everything.
pub(super) async fn look(
    contents: &Contents,
    registry: &Registry<'_>,
) -> Result<Missing, PushError> {
    let questions = questions(contents);
    let text = format!("asking {} what is there", registry.host());
    registry.reporter.report(&Event::Notice { text });
    let mut answers = stream::iter(questions)
        .map(|(repository, question)| async move {
            let is_there = ask(contents, registry, repository, &question).await?;
            Ok::<_, PushError>((repository, question, is_there))
        })
        .buffer_unordered(OPEN);
    let mut missing = Missing::default();
    while let Some((repository, question, is_there)) = answers.try_next().await? {
        missing.note(repository, question, is_there);
    }
    Ok(missing)
}

fn questions(contents: &Contents) -> Vec<(&String, Question)> {
    let mut questions = Vec::new();
    for (name, repository) in &contents.repositories {
        let blobs = repository.blobs.iter().cloned().map(Question::Blob);
        let manifests = repository.manifests.keys().cloned().map(Question::Manifest);
        let tags =
            repository.tags.iter().map(|(tag, digest)| Question::Tag(tag.clone(), digest.clone()));
        questions.extend(blobs.chain(manifests).chain(tags).map(|question| (name, question)));
    }
    questions
}

async fn ask(
    contents: &Contents,
    registry: &Registry<'_>,
    repository: &str,
    question: &Question,
) -> Result<bool, PushError> {
    let what = match question {
        Question::Blob(digest) | Question::Manifest(digest) => format!("`{repository}@{digest}`"),
        Question::Tag(tag, _) => format!("`{repository}:{tag}`"),
    };
    let ask = Ask::new(Method::HEAD, question.address(repository), repository, &what);
    let answer = registry.ask(&ask).await?;
    match (answer.status.as_u16(), question) {
        (200, Question::Tag(_, digest)) => {
            let (_, blob) = contents.source(digest).expect("a tag stands for what a bundle has");
            Ok(answer.digest().is_some_and(|found| is_of(blob, &found)))
        }
        // Registries on object storage send readers there; we only wanted to know.
        (200, _) | (301 | 302 | 303 | 307 | 308, Question::Blob(_)) => Ok(true),
        (404, _) => Ok(false),
        _ => Err(registry.refusal(&ask, &answer)),
    }
}

impl Missing {
    fn note(&mut self, repository: &str, question: Question, is_there: bool) {
        let name = || repository.to_owned();
        match (question, is_there) {
            (Question::Blob(digest), true) => {
                self.blobs_there += 1;
                self.there.entry(digest).or_insert_with(name);
            }
            (Question::Blob(digest), false) => self.blobs.entry(digest).or_default().push(name()),
            (Question::Manifest(_), true) => self.manifests_there += 1,
            (Question::Manifest(digest), false) => {
                self.manifests.insert((name(), digest));
            }
            (Question::Tag(..), true) => self.tags_there += 1,
            (Question::Tag(tag, _), false) => {
                self.tags.insert((name(), tag));
            }
        }
    }
}
