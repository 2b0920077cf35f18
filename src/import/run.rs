//! The course of one import, and the finishing of one that was interrupted.

use super::daily::{Check, Daily, Read};
use super::inputs::Input;
use super::memory::{Ends, Memory};
use super::pace::{self, Clock, Pace};
use super::recorder::{Recorded, Recorder};
use super::report::{FileReport, Report};
use super::{Options, Progress, guard, inputs, memory_read, memory_renew, read};
use crate::error::{Error, Kind, Result, at_path};
use crate::store::import::{Applying, FirstLoad, LastApplied, Plan, SourceFile, Staging, Unfinished, drop_staging};
use crate::store::{DataDir, ImportLock, ProcessLock, Store};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The files of which a memory is kept; the liste blanche is small and read whole.
const NATIONAL: [SourceFile; 3] = [SourceFile::PersonneActivite, SourceFile::SavoirFaire, SourceFile::Mailboxes];

/// Time as the caller tells it.
pub type Now<'a> = &'a (dyn Fn() -> Timestamp + Send + Sync);

/// Imports the files, zips and folders at `paths`.
///
/// The store must not be open in this process, or the first load is done the ordinary way.
///
/// # Errors
/// Whatever is refused leaves the store as it was; the message names the file and the option that says otherwise.
pub async fn run(data: &DataDir, paths: &[PathBuf], options: &Options, progress: &dyn Progress, clock: Now<'_>) -> Result<Report> {
    run_at(data, paths, options, progress, clock, &Clock::default()).await
}

/// [`run`] at a pace of the caller's: for tests without a clock.
pub async fn run_at(
    data: &DataDir,
    paths: &[PathBuf],
    options: &Options,
    progress: &dyn Progress,
    clock: Now<'_>,
    pace: &dyn Pace,
) -> Result<Report> {
    let found = inputs::look(paths, options)?;
    if let Some(list) = found.inputs.iter().find(|input| input.file == SourceFile::ListeBlanche) {
        // Not after minutes of reading the other files.
        let closed = |e: Error| Error::new(e.kind(), e.code(), format!("{} {}: {e}; nothing was imported", list.file.code(), list.name));
        options.list.check_open().map_err(closed)?;
    }
    let _lock = lock(data)?;
    let store = Store::open(data).await?;
    let mut report = Report { warnings: found.notes, dry_run: options.dry_run, ..Default::default() };
    if let Some(unfinished) = store.unfinished_run().await? {
        if options.dry_run {
            return Err(Error::conflict("an interrupted import waits to be finished: a dry run would tell nothing"));
        }
        finish(data, &unfinished, progress, clock, pace).await?;
        report.warnings.push(format!("import run {}, which was interrupted, was finished first", unfinished.run));
    }
    drop_staging(data)?;
    let last = store.last_applied().await?;
    let now = clock();
    for input in &found.inputs {
        inputs::check_edition((input.file.code(), &input.name, &input.edition), &last, options, now)?;
    }
    let name = format!("import-{}.sqlite3", now.as_second());
    let at = Moment { last: &last, now };
    let Staged { mut staging, files, recorded } = read_all(data, &store, (&name, &found.inputs), options, progress, at).await?;
    for file in &files {
        if last.iter().any(|l| l.file.code() == file.kind && l.edition == file.edition && l.sha256 != file.sha256) {
            report.warnings.push(format!("{}: edition {} again, with other bytes: compared like a newer one", file.kind, file.edition));
        }
    }
    if files.iter().any(|file| file.signer.is_some()) {
        report.warnings.extend(options.list.warning(now.as_second()).map(str::to_owned));
    }
    report.files = files;
    if !store.list_loaded().await? && !report.files.iter().any(|f| f.kind == "liste_blanche") {
        report
            .warnings
            .push("no liste blanche was ever loaded: mailboxes are shown whatever their domain, operators cannot publish".into());
    }
    store.close().await;
    drop(store);
    let run = Run { data, options, last: &last, progress, clock, pace };
    let (mut report, told) = match run.finish_reading(&mut staging, report).await {
        Ok(Next::Done(report, told)) => {
            staging.discard().await?;
            (report, told)
        }
        Ok(Next::Apply(report, told)) => {
            let staged = staging.seal().await?;
            progress.stage("writing the difference");
            let applying = Applying::begin(data, &staged, report.json()).await?;
            let report = apply(applying, report, progress, clock, pace).await?;
            remove(&staged)?;
            (report, told)
        }
        Err(error) => {
            staging.discard().await?;
            return Err(error);
        }
    };
    let Some(recorded) = recorded else { return Ok(report) };
    let unkept = match remember(data, recorded, told).await {
        Ok(worn) => worn
            .then(|| memory_renew::renew(data))
            .and_then(Result::err)
            .map(|e| format!("what was remembered of former files could not be left out: {}; the next import tries it again", e.chain())),
        Err(e) => Some(format!("what the files said could not be remembered: {}; the next import compares everything", e.chain())),
    };
    report.warnings.extend(unkept);
    Ok(report)
}

/// Keeps what the files of a run that is done said, for the next one: a help, without which nothing is lost. `true` when what is kept is
/// worth writing anew.
async fn remember(data: &DataDir, recorded: Recorded, told: Plan) -> Result<bool> {
    let store = Store::open(data).await?;
    let run = store.last_run().await?;
    store.close().await;
    let Some((run, store)) = run else { return Ok(false) };
    let Recorded { writer, mut ends } = recorded;
    ends.shared.extend(told.shared);
    ends.former.extend(told.former);
    writer.finish(&Ends { run, store, ..ends })
}

/// The files, staged.
struct Staged {
    staging: Staging,
    files: Vec<FileReport>,
    recorded: Option<Recorded>,
}

/// What stood and what time it was when an import began.
#[derive(Clone, Copy)]
struct Moment<'a> {
    last: &'a [LastApplied],
    now: Timestamp,
}

/// Reads what is new when the last import's memory fits, else everything.
async fn read_all(
    data: &DataDir,
    store: &Store,
    (name, inputs): (&str, &[Input]),
    options: &Options,
    progress: &dyn Progress,
    Moment { last, now }: Moment<'_>,
) -> Result<Staged> {
    let check = |file: &FileReport| {
        guard::check_rows(file, options)?;
        // That of a liste blanche is known when it was read: its beginning alone is not what was signed.
        inputs::check_edition((&file.kind, &file.name, &file.edition), last, options, now)
    };
    let list = (&options.list, now.as_second());
    if let Some(memory) = fitting(data, store, inputs).await? {
        let mut staging = Staging::create(data, name).await?;
        let daily = Daily { data, store, memory, progress, keep: !options.dry_run, list };
        match daily.stage(inputs, &mut staging, &check).await {
            Ok(Some(Read { files, recorded })) => return Ok(Staged { staging, files, recorded }),
            Ok(None) => staging.discard().await?,
            Err(error) => {
                staging.discard().await?;
                return Err(error);
            }
        }
        progress.stage("everything is compared");
    }
    let mut staging = Staging::create(data, name).await?;
    let seen = store.last_change().await?;
    let recorded_in = Some(data).filter(|_| !options.dry_run);
    match read_everything(recorded_in, &mut staging, inputs, list, progress, &check).await {
        Ok((files, recorded)) => {
            let recorded = recorded.map(|r| Recorded { ends: Ends { seen, ..r.ends }, ..r });
            Ok(Staged { staging, files, recorded })
        }
        Err(error) => {
            staging.discard().await?;
            Err(error)
        }
    }
}

async fn read_everything(
    recorded_in: Option<&DataDir>,
    staging: &mut Staging,
    inputs: &[Input],
    list: read::List<'_>,
    progress: &dyn Progress,
    check: Check<'_>,
) -> Result<(Vec<FileReport>, Option<Recorded>)> {
    let complete = NATIONAL.iter().all(|file| inputs.iter().any(|input| input.file == *file));
    let mut recorder = Recorder::new(recorded_in.filter(|_| complete))?;
    let mut files = Vec::new();
    for input in inputs {
        let file = read::stage(input, staging, Some(&mut recorder), progress, list).await?;
        check(&file)?;
        files.push(file);
    }
    Ok((files, recorder.finish()))
}

/// The memory of the last run, when it is of the same files and this store.
async fn fitting(data: &DataDir, store: &Store, inputs: &[Input]) -> Result<Option<Memory>> {
    let Some(last) = store.last_run().await? else { return Ok(None) };
    if !NATIONAL.iter().all(|file| inputs.iter().any(|input| input.file == *file)) {
        return Ok(None);
    }
    let memory = memory_read::read(data)?;
    Ok(memory.filter(|memory| (memory.ends.run, &memory.ends.store) == (last.0, &last.1)))
}

/// Finishes an import that was interrupted after its first slice, and clears what other interrupted ones left. `None` when there was
/// none, or when another process is importing. Called by every command that serves or imports, before it does.
pub async fn resume(data: &DataDir, progress: &dyn Progress, clock: Now<'_>) -> Result<Option<Report>> {
    resume_at(data, progress, clock, &Clock::default()).await
}

/// [`resume`] at a pace of the caller's.
pub async fn resume_at(data: &DataDir, progress: &dyn Progress, clock: Now<'_>, pace: &dyn Pace) -> Result<Option<Report>> {
    let Some(_lock) = ImportLock::acquire(data)? else { return Ok(None) };
    let store = Store::open(data).await?;
    let report = match store.unfinished_run().await? {
        Some(unfinished) => Some(finish(data, &unfinished, progress, clock, pace).await?),
        None => None,
    };
    drop_staging(data)?;
    store.close().await;
    Ok(report)
}

/// One import at a time; the holder leaves its process id beside the lock.
fn lock(data: &DataDir) -> Result<ImportLock> {
    let note = data.root().join("import.pid");
    let Some(lock) = ImportLock::acquire(data)? else {
        let holder = std::fs::read_to_string(&note).unwrap_or_default();
        let holder = holder.trim();
        let who = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
        return Err(Error::new(Kind::Busy, "import_running", format!("another import is running{who}; try again when it is done")));
    };
    std::fs::write(&note, std::process::id().to_string()).map_err(at_path(&note))?;
    Ok(lock)
}

/// What follows when the files were read.
struct Run<'a> {
    data: &'a DataDir,
    options: &'a Options,
    last: &'a [LastApplied],
    progress: &'a dyn Progress,
    clock: Now<'a>,
    pace: &'a dyn Pace,
}

enum Next {
    Done(Report, Plan),
    /// The staging database holds a plan.
    Apply(Report, Plan),
}

impl Run<'_> {
    /// Loads a fresh store when this one is empty and nobody else has it open; compares with it otherwise.
    async fn finish_reading(&self, staging: &mut Staging, mut report: Report) -> Result<Next> {
        let lock = if self.options.dry_run { None } else { ProcessLock::try_exclusive(self.data)? };
        if let Some(lock) = lock
            && let Some(load) = FirstLoad::begin(lock, self.data, staging, &|step| self.pace.reached(step)).await?
        {
            return self.load_fresh(load, report).await.map(|(report, plan)| Next::Done(report, plan));
        }
        let store = Store::open(self.data).await?;
        self.progress.stage("comparing with the store");
        let plan = staging.plan(self.data).await?;
        report.take_plan(&plan);
        guard::check_shrinks(&plan.shrinks, &report.files, self.last, self.options)?;
        store.close().await;
        Ok(if self.options.dry_run { Next::Done(report, plan) } else { Next::Apply(report, plan) })
    }

    async fn load_fresh(&self, load: FirstLoad<'_>, mut report: Report) -> Result<(Report, Plan)> {
        self.progress.stage("loading a fresh store");
        let plan = load.plan();
        report.take_plan(plan);
        if let Err(error) = guard::check_shrinks(&plan.shrinks, &report.files, self.last, self.options) {
            load.discard()?;
            return Err(error);
        }
        let done = |created: &_, last| {
            let mut report = Report { first_load: true, last_change: Some(last), ..report.clone() };
            report.take_plan(created);
            report
        };
        let now = (self.clock)().as_second();
        let (created, last) = load.load(now, &|created, last| done(created, last).json(), &|step| self.pace.reached(step)).await?;
        Ok((done(&created, last), created))
    }
}

/// Applies what is left of a run and closes it.
async fn apply(mut applying: Applying, mut report: Report, progress: &dyn Progress, clock: Now<'_>, pace: &dyn Pace) -> Result<Report> {
    pace::apply(&mut applying, pace, clock().as_second(), &|applied, planned| progress.applied(applied, planned)).await?;
    report.held_by_operator = applying.held_by_operator().await?;
    let done = |last| Report { last_change: Some(last), ..report.clone() };
    let last = applying.close(clock().as_second(), &|last| done(last).json()).await?;
    Ok(done(last))
}

async fn finish(data: &DataDir, unfinished: &Unfinished, progress: &dyn Progress, clock: Now<'_>, pace: &dyn Pace) -> Result<Report> {
    progress.stage("finishing the interrupted import");
    let applying = Applying::resume(data, unfinished).await?;
    let report: Report = serde_json::from_str(&unfinished.report).unwrap_or_default();
    let report = Report { resumed: true, ..report };
    let report = apply(applying, report, progress, clock, pace).await?;
    remove(&data.staging().join(&unfinished.staging))?;
    Ok(report)
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(at_path(path))
}
