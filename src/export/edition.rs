//! Building an edition: one walk for each audience feeds every form at once, the difference from the former edition is written beside, and the
//! folder appears whole, by a renaming.
//!
//! Whatever fails, the former edition stays as it is and what was begun is removed; what a kill leaves, the next build removes. One build at a
//! time, over all processes (`exports/lock`).

use super::delta::{self, DELTA};
use super::manifest::{FileEntry, Licence, MANIFEST, Manifest};
use super::packed::Packed;
use super::shelf::{EditionId, Shelf, packed, write_synced};
use super::{
    Alongside, Counts, Exports, Form, Made, Making, Sink, Target, Wanted, audience_name, delta_files, draft, subset, unreadable, walk,
};
use crate::directory::{Audience, Directory};
use crate::error::{Error, Kind, Result};
use crate::store::{Actor, DataDir, ExportLock};
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

/// Code of the refusal while another build runs.
pub const BUILDING: &str = "edition_in_progress";

/// How long a build waits for changes that are being applied.
const PATIENCE: Duration = Duration::from_secs(900);

/// What one build is given.
struct Order {
    data: DataDir,
    directory: Directory,
    audiences: Vec<Audience>,
    keep: usize,
    sources: Vec<(String, String)>,
    cursors: BTreeMap<Audience, String>,
    now: jiff::Timestamp,
}

impl Exports {
    /// Builds an edition for each audience of the settings and returns their manifests; in the journal as the actor's act. The sinks of `also`
    /// are shown every entry of the public one. `now`: UTC seconds.
    /// Errors: conflict ([`BUILDING`]) while another build runs, `not_found` when there is nothing to show yet, unavailable when the gate is
    /// closed or the disk full, internal.
    pub async fn build(&self, actor: &Actor, now: i64, mut also: Vec<Box<dyn Sink + Send>>) -> Result<Vec<Manifest>> {
        let done = self.alongside(now).await.map(|Alongside { sink, done }| {
            also.push(sink);
            done
        });
        let built = self.build_now(now, also).await;
        if let (Ok(_), Some(done)) = (&built, done) {
            Alongside::end(done).await;
        }
        match &built {
            Ok(manifests) => {
                self.note(None);
                metrics::gauge!("annuaire_export_failed").set(0.0);
                for manifest in manifests {
                    self.journal_edition(actor, manifest, now).await?;
                }
            }
            // Somebody else builds, or there is nothing to build yet: no failure of the files.
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => {}
            Err(error) => {
                self.note(Some(format!("the last edition of the open files could not be built: {error}")));
                metrics::gauge!("annuaire_export_failed").set(1.0);
                tracing::warn!(code = error.code(), error = %error, "an edition could not be built");
            }
        }
        built
    }

    /// Begins [`Exports::build`] and leaves it to itself; how it ended is in the journal or in [`Exports::notice`].
    /// Errors: conflict ([`BUILDING`]) while another build runs.
    pub fn begin(&self, actor: Actor, now: i64) -> Result<()> {
        drop(ExportLock::acquire(&self.data)?.ok_or_else(building)?);
        let exports = self.clone();
        tokio::spawn(async move { exports.build_clean(&actor, now).await });
        Ok(())
    }

    /// [`Exports::build`], and once more when something was withdrawn while it ran: a build takes minutes where there is a country, and
    /// what turned red meanwhile would stand in the files until the next day.
    pub(super) async fn build_clean(&self, actor: &Actor, now: i64) -> Result<()> {
        let before = self.store.last_change().await?;
        self.build(actor, now, Vec::new()).await?;
        if self.store.withdrawn_since(before).await? {
            self.build(actor, now, Vec::new()).await?;
        }
        Ok(())
    }

    async fn build_now(&self, now: i64, also: Vec<Box<dyn Sink + Send>>) -> Result<Vec<Manifest>> {
        self.caught_up(PATIENCE).await?;
        let now = jiff::Timestamp::from_second(now).map_err(|e| Error::internal("the time of an edition", e))?;
        let mut audiences = vec![Audience::Public];
        audiences.extend(self.settings.professional.then_some(Audience::Professional));
        let order = Order {
            data: self.data.clone(),
            directory: self.directory.clone(),
            audiences,
            keep: self.settings.keep,
            sources: self.sources().await?,
            // Before the walk begins.
            cursors: self.cursors_now().await?,
            now,
        };
        let task = tokio::task::spawn_blocking(move || order.carry_out(also));
        task.await.map_err(|e| Error::internal("a build ended abnormally", e))?
    }

    /// Official files applied last: kind and edition.
    pub async fn sources(&self) -> Result<Vec<(String, String)>> {
        Ok(self.store.last_applied().await?.into_iter().map(|applied| (applied.file.code().to_owned(), applied.edition)).collect())
    }
}

impl Order {
    fn carry_out(&self, mut also: Vec<Box<dyn Sink + Send>>) -> Result<Vec<Manifest>> {
        let _lock = ExportLock::acquire(&self.data)?.ok_or_else(building)?;
        draft::sweep(&self.data)?;
        let shelves: Vec<_> = self.audiences.iter().map(|audience| Shelf::new(&self.data, *audience)).collect();
        let id = self.id(&shelves)?;
        let mut made = Vec::new();
        for shelf in &shelves {
            let folder = shelf.begin(id)?;
            let also = if shelf.audience() == Audience::Public { also.as_mut_slice() } else { &mut [] };
            match self.edition(shelf, id, &folder, also) {
                Ok(manifest) => made.push((folder, manifest)),
                Err(error) => {
                    made.into_iter().map(|(folder, _)| folder).chain([folder]).for_each(|folder| drop(std::fs::remove_dir_all(folder)));
                    return Err(error);
                }
            }
        }
        let mut manifests = Vec::new();
        for (shelf, (folder, manifest)) in shelves.iter().zip(made) {
            shelf.put(&folder, id)?;
            manifests.push(manifest);
        }
        // What was made for the former edition may show what the new one withdraws.
        delta_files::clear(&self.data)?;
        subset::clear(&self.data)?;
        shelves.iter().try_for_each(|shelf| shelf.trim(self.keep))?;
        Ok(manifests)
    }

    /// The day, and a number behind it when there is one of that day already. Behind the newest also when the clock went back.
    fn id(&self, shelves: &[Shelf]) -> Result<EditionId> {
        let today = EditionId::first(self.now.to_zoned(crate::model::paris()).date());
        let mut newest = None;
        for shelf in shelves {
            newest = newest.max(shelf.newest()?);
        }
        Ok(newest.filter(|newest| *newest >= today).map_or(today, EditionId::next))
    }

    fn edition(&self, shelf: &Shelf, id: EditionId, folder: &Path, also: &mut [Box<dyn Sink + Send>]) -> Result<Manifest> {
        let former = shelf.newest()?;
        let audience = shelf.audience();
        let licence = Licence::of(self.sources.iter().cloned());
        let about = about(&id.to_string(), audience, self.now, &licence);
        let (entries, mut files) = self.forms(audience, folder, &about, also)?;
        if entries.all() == 0 && former.is_none() {
            return Err(Error::not_found("there is nothing to show yet"));
        }
        if let Some(former) = former {
            files.push(self.difference(shelf, former, folder)?);
        }
        let manifest = Manifest {
            edition: id.to_string(),
            created: self.now.to_string(),
            audience: audience_name(audience).to_owned(),
            entries,
            filter: None,
            delta_from: former.map(|former| former.to_string()),
            cursor: self.cursors.get(&audience).cloned(),
            licence,
            files,
        };
        write_synced(&folder.join(MANIFEST), &manifest.encode()?)?;
        Ok(manifest)
    }

    /// All forms in one walk.
    fn forms(
        &self,
        audience: Audience,
        folder: &Path,
        about: &[(String, String)],
        also: &mut [Box<dyn Sink + Send>],
    ) -> Result<(Counts, Vec<FileEntry>)> {
        let wanted = Wanted { about, ..Wanted::default() };
        let mut making = Vec::new();
        for form in Form::ALL {
            let target = Target::packed(&folder.join(packed(form)))?;
            making.push((form, Making::begin(form, &wanted, target, &folder.join(form.file()))?));
        }
        let mut sinks: Vec<&mut dyn Sink> = making.iter_mut().map(|(_, making)| making as &mut dyn Sink).collect();
        sinks.extend(also.iter_mut().map(|sink| &mut **sink as &mut dyn Sink));
        let entries = walk(&self.directory, audience, &mut sinks)?;
        let files =
            making.into_iter().map(|(form, making)| FileEntry::of(form.name(), packed(form), making.finish()?)).collect::<Result<_>>()?;
        Ok((entries, files))
    }

    fn difference(&self, shelf: &Shelf, former: EditionId, folder: &Path) -> Result<FileEntry> {
        let mut out = Packed::create(&folder.join(DELTA))?;
        let told = delta::write(lines(&shelf.lines(former))?, lines(&folder.join(packed(Form::Jsonl)))?, None::<&[u8]>, &mut out)?;
        let (content, file) = out.finish()?;
        FileEntry::of("delta", DELTA.to_owned(), Made { rows: told.all(), content, file: Some(file) })
    }
}

fn building() -> Error {
    Error::new(Kind::Conflict, BUILDING, "another edition is being built")
}

/// Rows of the table `edition` of a database.
pub(super) fn about(edition: &str, audience: Audience, now: jiff::Timestamp, licence: &Licence) -> Vec<(String, String)> {
    let rows = [
        ("edition", edition.to_owned()),
        ("created", now.to_string()),
        ("audience", audience_name(audience).to_owned()),
        ("licence", licence.name.clone()),
        ("attribution", licence.attribution.clone()),
    ];
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Lines of a packed file.
pub(super) fn lines(path: &Path) -> Result<BufReader<MultiGzDecoder<BufReader<File>>>> {
    let file = File::open(path).map_err(unreadable)?;
    Ok(BufReader::with_capacity(256 * 1024, MultiGzDecoder::new(BufReader::with_capacity(256 * 1024, file))))
}
