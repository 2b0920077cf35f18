//! The data that questions are asked of, imported and indexed in a temporary folder, in process.

use super::judge::{DEPTH, Given};
use super::own::Own;
use super::witness::Witness;
use crate::cli::search::Door;
use crate::cli::{ACTOR, clock, now};
use crate::directory::{Caller, View};
use crate::extraction::FileKind;
use crate::import::{self, Silent};
use crate::model::{Address, Audience};
use crate::publication::Publication;
use crate::rest;
use crate::store::{DataDir, MailboxFlags, Store};
use crate::synth::{self, Options};
use anyhow::Context as _;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A question may take its time: what is measured is not speed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whom a question is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// The people of the demonstration (`fixtures/rpps/demo`), and the suite's own (`benches/relevance/data`) among them.
    Fixtures,
    /// A larger invented country.
    Generated,
}

impl Data {
    pub const ALL: [Self; 2] = [Self::Fixtures, Self::Generated];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixtures => "fixtures",
            Self::Generated => "generated",
        }
    }

    /// The default country is the one of the fixtures.
    fn options(self) -> Options {
        let plain = Options { zipped: false, plain: true, ..Options::default() };
        match self {
            Self::Fixtures => plain,
            Self::Generated => Options { people: 10_000, seed: 20, ..plain },
        }
    }
}

/// One set of data, ready to be asked. The folder is removed when it is dropped.
pub struct World {
    data: Data,
    witness: Witness,
    door: Door,
    _folder: TempDir,
}

impl World {
    /// Writes the files, imports them, loads the operators' mailboxes, indexes.
    ///
    /// # Errors
    /// When any of it fails.
    pub async fn build(data: Data) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let files = folder.path().join("files");
        let summary = synth::generate(&data.options(), &files)?;
        let own = if data == Data::Fixtures { Some(Own::read()?) } else { None };
        for kind in FileKind::ALL {
            let rows = own.as_ref().map_or(Ok(Vec::new()), |own| own.rows(kind))?;
            OpenOptions::new().append(true).open(file(&files, &summary.files, kind)?)?.write_all(&rows)?;
        }
        let path = DataDir::create_or_open(folder.path().join("data"))?;
        let (lines, official): (Vec<_>, Vec<_>) = summary.files.iter().partition(|name| name.ends_with(".jsonl"));
        let official: Vec<PathBuf> = official.iter().map(|name| files.join(name)).collect();
        import::run(&path, &official, &import::Options::default(), &Silent, &clock).await?;
        let store = Store::open(&path).await?;
        let publication = Publication::new(store.clone());
        for name in lines {
            let operator = name.trim_start_matches("mailboxes-").trim_end_matches(".jsonl");
            publication.load_lines(operator, BufReader::new(File::open(files.join(name))?), ACTOR, now()).await?;
        }
        for person in own.iter().flat_map(|own| &own.people).filter(|person| person.liste_rouge == Some(true)) {
            let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
            publication.flag(&Address::parse(&person.mailbox)?, flags, ACTOR, now()).await?;
        }
        let (activities, expertise) =
            (file(&files, &summary.files, FileKind::PersonneActivite)?, file(&files, &summary.files, FileKind::SavoirFaire)?);
        let witness = Witness::read(&activities, &expertise, own.as_ref())?;
        let door = Door::open(&path, &store).await?;
        Ok(Self { data, witness, door, _folder: folder })
    }

    #[must_use]
    pub fn data(&self) -> Data {
        self.data
    }

    #[must_use]
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// What the public gets for a question, as over REST.
    ///
    /// # Errors
    /// When REST would refuse the question, or it fails.
    pub async fn answer(&self, asked: &str) -> anyhow::Result<Given> {
        let query = rest::question(&encoded(asked), DEPTH)?;
        let answer = self.door.directory.search(&Caller::local(Audience::Public), query, PATIENCE).await?;
        let id = |hit: &crate::directory::Hit| Ok(hit.published()?.view().id().to_owned());
        let ids = answer.hits.iter().take(DEPTH).map(id).collect::<crate::error::Result<_>>()?;
        Ok(Given { ids, total: answer.total.unwrap_or(answer.hits.len() as u64) })
    }

    /// Everything the public may see, for other systems to be asked about the same.
    ///
    /// # Errors
    /// Those of `each`, or when the index cannot be read.
    pub fn walk(&self, each: &mut dyn FnMut(&View) -> crate::error::Result<()>) -> anyhow::Result<()> {
        Ok(self.door.directory.walk(Audience::Public, &mut |walked| each(walked.published()?.view()))?)
    }
}

fn file(folder: &Path, names: &[String], kind: FileKind) -> anyhow::Result<PathBuf> {
    let name = names.iter().find(|name| name.starts_with(kind.file_prefix())).with_context(|| format!("no {}", kind.file_prefix()))?;
    Ok(folder.join(name))
}

/// A query string: the values of the plain text percent-encoded.
fn encoded(asked: &str) -> String {
    let pairs = asked.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => format!("{name}={}", value.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()),
        None => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}
