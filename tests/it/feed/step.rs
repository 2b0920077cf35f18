//! Consumers stay in step, to the byte, whatever happens: publications, flags, imports, operators and domains that leave and return, the
//! index built anew, processes that end, and a projection that is at work while they ask.

use crate::country;
use crate::harness::{Silent, clock, import_into};
use annuaire::directory::{Directory, Governor};
use annuaire::export::feed::{Feed, Shown};
use annuaire::import::Options;
use annuaire::model::{Address, Audience, Kind, OperatorState};
use annuaire::projection::{Bounds, Doors, Projector};
use annuaire::publication::{Actor, Publication};
use annuaire::store::{DataDir, MailboxFlags, Store};
use annuaire::trust::Operators;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

type Entries = BTreeMap<(Kind, String), Shown>;

/// One machine that holds a copy.
#[derive(Clone)]
pub struct Consumer {
    pub audience: Audience,
    pub held: Entries,
    pub cursor: String,
    pub begun: usize,
}

pub fn everything(directory: &Directory, audience: Audience) -> annuaire::error::Result<Entries> {
    let mut entries = Entries::new();
    directory.walk(audience, &mut |walked| {
        let key = walked.published()?.key();
        entries.insert((key.kind, key.id), Shown::of(&walked)?);
        Ok(())
    })?;
    Ok(entries)
}

impl Consumer {
    pub async fn start(feed: &Feed, directory: &Directory, audience: Audience) -> annuaire::error::Result<Self> {
        let cursor = feed.cursor_now(audience).await?;
        Ok(Self { audience, held: everything(directory, audience)?, cursor, begun: 1 })
    }

    /// One page; the number of changes it held. Starts again when told to.
    pub async fn poll(&mut self, feed: &Feed, directory: &Directory, limit: usize) -> annuaire::error::Result<usize> {
        let page = match feed.after(self.audience, &self.cursor, limit, Duration::ZERO).await {
            Ok(page) => page,
            Err(error) if error.code() == "feed_expired" => {
                let begun = self.begun + 1;
                *self = Self { begun, ..Self::start(feed, directory, self.audience).await? };
                return Ok(1);
            }
            Err(error) => return Err(error),
        };
        let told = page.changes.len();
        for change in page.changes {
            match change.entry {
                Some(shown) => self.held.insert((change.kind, change.id), shown),
                None => self.held.remove(&(change.kind, change.id)),
            };
        }
        self.cursor = page.cursor;
        Ok(told)
    }

    pub async fn drain(&mut self, feed: &Feed, directory: &Directory) {
        while self.poll(feed, directory, 3).await.unwrap() > 0 {}
    }
}

/// What can be opened again.
pub struct Running {
    pub store: Store,
    pub directory: Directory,
    pub feed: Feed,
    pub projector: Projector,
}

pub async fn open(data: &DataDir, bounds: Bounds) -> Running {
    let store = Store::open(data).await.unwrap();
    let doors = Doors::default();
    let directory = Directory::new(doors.reader.clone(), Arc::clone(&doors.gate), store.cursor_key(), Governor::default());
    let mut projector = Projector::open(store.clone(), data.clone(), doors).await.unwrap().with_bounds(bounds);
    projector.catch_up().await.unwrap();
    Running { feed: Feed::new(store.clone(), directory.clone()), store, directory, projector }
}

pub async fn imported() -> (TempDir, DataDir) {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    country::write(files.path());
    import_into(folder.path(), &[files.path().to_owned()], &Options::default()).await;
    let data = DataDir::create_or_open(folder.path()).unwrap();
    (folder, data)
}

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.roll(choices.len() as u64)).unwrap()]
    }
}

const BOXES: [&str; 9] = [
    "elodie.martin@medecin.mssante.fr",
    "elodie.martin@infirmier.mssante.fr",
    "camille.doublet@ch-exempleville.mssante.fr",
    "zoe.rougier@medecin.mssante.fr",
    "maud.inconnue@medecin.mssante.fr",
    "secretariat.cardiologie@ch-exempleville.mssante.fr",
    "appli.dpi@ch-exempleville.mssante.fr",
    "cabinet.cardio@ch-exempleville.mssante.fr",
    "rouge.depuis-toujours@ch-exempleville.mssante.fr",
];

async fn happen(dice: &mut Dice, store: &Store, data: &DataDir, moment: i64) {
    let publication = Publication::new(store.clone());
    let now = 1_790_010_000 + moment;
    match dice.roll(12) {
        0..4 => {
            let address = Address::parse(dice.of(&BOXES)).unwrap();
            let mut flags = MailboxFlags::default();
            match dice.roll(3) {
                0 => flags.zero_papier = Some(dice.of(&[None, Some(true), Some(false)])),
                _ => flags.liste_rouge = Some(dice.of(&[true, false])),
            }
            // Some are not there yet.
            let _ = publication.flag(&address, flags, "test", now).await;
        }
        4..8 => {
            let number = dice.roll(4);
            let application = format!("appli-{number}@ch-exempleville.mssante.fr");
            let line = match dice.roll(6) {
                0 => format!(
                    r#"{{"address":"{application}","type":"APP","structure_id":"F990999013","responsible":"Responsable Caché","description":"D {moment}"}}"#
                ),
                1 => format!(r#"{{"operation":"delete","address":"{application}"}}"#),
                2 => format!(
                    r#"{{"address":"org-{number}@ch-exempleville.mssante.fr","type":"ORG","structure_id":"F990999013","responsible":"Responsable Caché","description":"{moment}"}}"#
                ),
                3 => format!(r#"{{"operation":"delete","address":"org-{number}@ch-exempleville.mssante.fr"}}"#),
                4 => format!(
                    r#"{{"address":"per-{number}@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990061","liste_rouge":{}}}"#,
                    dice.of(&[true, false])
                ),
                _ => country::HOSPITAL_LINES.to_owned(),
            };
            // Refused while the operator or its domain is out of force.
            let _ = publication.load_lines(country::HOSPITAL_OPERATOR, line.as_bytes(), "test", now).await;
        }
        8 => {
            let state = dice.of(&[OperatorState::Suspendu, OperatorState::Valide]);
            let _ = Operators::new(store.clone()).set_state(country::HOSPITAL_OPERATOR, state, &Actor::from("test"), now).await;
        }
        9 => {
            store.request_rebuild(now).await.unwrap();
        }
        _ => import(dice, data).await,
    }
}

/// The next edition: names, places, mailboxes and domains change.
async fn import(dice: &mut Dice, data: &DataDir) {
    let files = tempfile::tempdir().unwrap();
    let mut people = country::activities();
    if dice.roll(2) == 0 {
        people = people.replace("LEFÈVRE-D'ARC", dice.of(&["LEFÈVRE", "ARC"])).replace("75012", dice.of(&["75011", "75010"]));
    }
    let mut boxes = country::mailboxes();
    let dropped = dice.of(&["jf.lefevre", "zoe.rougier", "secretariat", "nobody"]);
    boxes = boxes.lines().filter(|line| !line.contains(dropped)).collect::<Vec<_>>().join("\n");
    let mut list = country::list();
    if dice.roll(3) == 0 {
        let gone = dice.of(&["medecin", "infirmier", "ch-exempleville"]);
        list = list.replace(&format!("<Nom>{gone}.mssante.fr</Nom>"), "<Nom>autre.mssante.fr</Nom>");
    }
    std::fs::write(files.path().join("PS_LibreAcces_Personne_activite_202609010830.txt"), people).unwrap();
    std::fs::write(files.path().join("Extraction_Correspondance_MSSante_202609011013.txt"), boxes).unwrap();
    std::fs::write(files.path().join("listeblanchemssante.xml"), list).unwrap();
    let options = Options { accept_shrink: true, ..Options::default() };
    annuaire::import::run(data, &[files.path().to_owned()], &options, &Silent, &clock).await.unwrap();
}

async fn live(seed: u64) -> usize {
    let mut dice = Dice(seed);
    let (_folder, data) = imported().await;
    let bounds = Bounds { commit: dice.of(&[1, 2, 8, 2_000]), rebuild_beyond: dice.of(&[0, 6, 200_000]) };
    let mut running = open(&data, bounds).await;
    let mut consumers = Vec::new();
    for audience in Audience::ALL {
        consumers.push(Consumer::start(&running.feed, &running.directory, audience).await.unwrap());
    }
    let mut told = 0;
    for moment in 0..12 {
        for step in 0..=dice.roll(4) {
            happen(&mut dice, &running.store, &data, moment * 10 + i64::try_from(step).unwrap()).await;
        }
        // Consumers ask, and others begin, while it is projected.
        let done = Arc::new(AtomicBool::new(false));
        let racing = tokio::spawn({
            let (feed, directory, done) = (running.feed.clone(), running.directory.clone(), Arc::clone(&done));
            async move {
                let mut others = Vec::new();
                let mut told = 0;
                while !done.load(Ordering::SeqCst) {
                    for consumer in &mut consumers {
                        // The gate may be closed for a moment.
                        told += consumer.poll(&feed, &directory, 2).await.unwrap_or_default();
                    }
                    if others.len() < 6
                        && let Ok(other) = Consumer::start(&feed, &directory, Audience::ALL[others.len() % 2]).await
                    {
                        others.push(other);
                    }
                    tokio::task::yield_now().await;
                }
                (consumers, others, told)
            }
        });
        if dice.roll(4) == 0 {
            running.projector.rebuild().await.unwrap();
        }
        running.projector.catch_up().await.unwrap();
        done.store(true, Ordering::SeqCst);
        let (stayed, mut others, asked) = racing.await.unwrap();
        (consumers, told) = (stayed, told + asked);
        if dice.roll(3) == 0 {
            happen(&mut dice, &running.store, &data, moment * 10 + 9).await;
            let Running { store, projector, .. } = running;
            drop(projector);
            store.close().await;
            drop(store);
            if dice.roll(3) == 0 {
                std::fs::remove_dir_all(data.index()).unwrap();
            }
            running = open(&data, bounds).await;
        }
        for consumer in consumers.iter_mut().chain(&mut others) {
            consumer.drain(&running.feed, &running.directory).await;
            let now = everything(&running.directory, consumer.audience).unwrap();
            assert_eq!(consumer.held, now, "seed {seed}, moment {moment}, {:?}, {bounds:?}", consumer.audience);
        }
    }
    assert!(consumers.iter().all(|consumer| consumer.begun == 1), "nobody had to begin again");
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_follows_has_what_who_begins_later_has() {
    let mut told = 0;
    for seed in 1..=8 {
        told += live(seed).await;
    }
    assert!(told > 100, "{told}");
}
