//! PostgreSQL with the same official files: raw tables by COPY, then the two tables that a developer of a search service would make.
//!
//! `person` has one text to look through (names, places, addresses), `practice` one row a person, profession and city, searched in two
//! ways: by words (`tsvector`) or by similarity (`pg_trgm`) of one text, which is what our REST search is like, and by exact columns, which
//! is faster and finds only what is spelt as stored. All texts are folded (`unaccent`, `lower`). A cluster of its own, on the loopback, run
//! by a user without privileges.

use crate::client::Target;
use crate::data;
use crate::process::{Cost, Sampler, Server, free_port, install, timed, usage, version};
use crate::wire::{Protocol, postgres_prepare, postgres_start};
use anyhow::{Context as _, Result, bail, ensure};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const USER: &str = "bench";

/// Statement of each class; its parameters are the question's.
const STATEMENTS: [(&str, &str); 6] = [
    ("ac1", "SELECT id, given, name, mails, places FROM person WHERE search LIKE $1 LIMIT 100"),
    ("ac2", "SELECT id, given, name, mails, places FROM person WHERE search LIKE $1 AND search LIKE $2 LIMIT 100"),
    ("rest", "SELECT id, given, name, profession, city, mails FROM practice WHERE words @@ $1::tsquery ORDER BY name, id LIMIT 20"),
    (
        "rest_columns",
        "SELECT id, given, name, profession, city, mails FROM practice WHERE city = $1 AND profession = $2 AND name = $3 ORDER BY name, id \
         LIMIT 20",
    ),
    ("typo", "SELECT id, given, name, profession, city, mails FROM practice WHERE text % $1 ORDER BY similarity(text, $1) DESC LIMIT 20"),
    (
        "typo_columns",
        "SELECT id, given, name, profession, city, mails FROM practice WHERE city = $1 AND profession = $2 AND name % $3 \
         ORDER BY similarity(name, $3) DESC LIMIT 20",
    ),
];

const TABLES: &str = "
CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent;
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
  $$ SELECT btrim(regexp_replace(lower(public.unaccent('public.unaccent', $1)), '\\s+', ' ', 'g')) $$;
CREATE TABLE mails AS SELECT {mailbox_id} AS id, string_agg(DISTINCT lower({address}), ' ') AS mails FROM mailbox GROUP BY 1;
CREATE TABLE skills AS SELECT {skill_id} AS id, string_agg(DISTINCT {skill}, ' ') AS skills FROM expertise GROUP BY 1;
CREATE TABLE practice AS
  SELECT a.*, m.mails, s.skills,
    to_tsvector('simple', regexp_replace(a.given || ' ' || a.name || ' p' || a.profession || ' ' || coalesce(a.city, ''), '[^a-z0-9]+', ' ', 'g')) AS words,
    a.name || ' ' || a.profession || ' ' || coalesce(a.city, '') AS text
  FROM (SELECT DISTINCT {id} AS id, fold(coalesce({name}, '')) AS name, fold(coalesce({given}, '')) AS given, coalesce({profession}, '') AS profession,
    {label} AS label, fold({city}) AS city, {postal} AS postal_code FROM activity) a
  LEFT JOIN mails m USING (id) LEFT JOIN skills s USING (id);
CREATE TABLE person AS
  SELECT id, name, given, min(mails) AS mails, string_agg(DISTINCT city, ', ') AS places,
    given || ' ' || name || ' ' || given || ' (' || coalesce(string_agg(DISTINCT fold(label), ', '), '') || ', ' || coalesce(string_agg(DISTINCT city, ', '), '') || ') '
    || coalesce(min(mails), '') AS search
  FROM practice GROUP BY id, name, given;
CREATE INDEX ON person (id); CREATE INDEX ON person USING gin (search gin_trgm_ops);
CREATE INDEX ON practice (id); CREATE INDEX ON practice (city, profession, name);
CREATE INDEX ON practice USING gin (words); CREATE INDEX ON practice USING gin (text gin_trgm_ops); CREATE INDEX ON practice USING gin (name gin_trgm_ops);
VACUUM ANALYZE";

/// Column of a table, by the French name in the file.
const COLUMNS: [(&str, &str, &str); 15] = [
    ("activity", "{id}", "Identification nationale PP"),
    ("activity", "{name}", "Nom d'exercice"),
    ("activity", "{given}", "Prénom d'exercice"),
    ("activity", "{profession}", "Code profession"),
    ("activity", "{label}", "Libellé profession"),
    ("activity", "{city}", "Libellé commune (coord. structure)"),
    ("activity", "{postal}", "Code postal (coord. structure)"),
    ("activity", "{structure}", "Identifiant technique de la structure"),
    ("activity", "{site}", "Raison sociale site"),
    ("activity", "{department}", "Code Département (structure)"),
    ("expertise", "{skill_id}", "Identification nationale PP"),
    ("expertise", "{skill}", "Code savoir-faire"),
    ("mailbox", "{mailbox_id}", "Identification nationale PP"),
    ("mailbox", "{address}", "Adresse BAL"),
    ("mailbox", "{type}", "Type de BAL"),
];

const FILES: [(&str, &str); 3] =
    [("activity", "PS_LibreAcces_Personne_activite"), ("expertise", "PS_LibreAcces_SavoirFaire"), ("mailbox", "Extraction_Correspondance")];

fn tool(name: &str) -> Result<PathBuf> {
    let newest = || {
        let mut found: Vec<_> =
            std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin")).collect();
        found.sort();
        found.pop().map(|bin| bin.join(name)).filter(|p| p.exists())
    };
    if newest().is_none() {
        install(&["postgresql", "postgresql-contrib"])?;
    }
    newest().with_context(|| format!("{name} is missing"))
}

pub fn release() -> Result<String> {
    Ok(version(&tool("postgres")?, "-V").replace("postgres (PostgreSQL)", "PostgreSQL"))
}

/// PostgreSQL refuses to be root; Debian's package makes a user for it.
fn unprivileged(command: &mut Command) -> Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let user = users.lines().find(|line| line.starts_with("postgres:")).context("no user postgres")?;
    let mut numbers = user.split(':').skip(2).map(str::parse::<u32>);
    let (Some(Ok(user)), Some(Ok(group))) = (numbers.next(), numbers.next()) else { bail!("user postgres has no number") };
    command.uid(user).gid(group).current_dir("/");
    Ok(Some((user, group)))
}

pub struct Postgres {
    server: Server,
    address: SocketAddr,
}

impl Postgres {
    pub fn start(folder: &Path) -> Result<Self> {
        let address = free_port()?;
        let mut command = Command::new(tool("postgres")?);
        let settings = [
            "shared_buffers=1GB",
            "work_mem=64MB",
            "maintenance_work_mem=512MB",
            "effective_cache_size=4GB",
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_wal_size=8GB",
            "checkpoint_timeout=30min",
            "synchronous_commit=off",
            "jit=off",
            "random_page_cost=1.1",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "log_min_messages=fatal",
        ];
        command.arg("-D").arg(folder).args(["-p", &address.port().to_string()]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        unprivileged(&mut command)?;
        let mut server = Server::start(&mut command, "-INT")?;
        server.listens(address)?;
        let started = Self { server, address };
        // It listens before it answers.
        let since = Instant::now();
        while !started.psql()?.args(["-c", "SELECT 1"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
            ensure!(since.elapsed() < Duration::from_secs(600), "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(started)
    }

    pub fn id(&self) -> u32 {
        self.server.id()
    }

    fn psql(&self) -> Result<Command> {
        let mut command = Command::new(tool("psql")?);
        let port = self.address.port().to_string();
        command.args(["-X", "-q", "-h", "127.0.0.1", "-p", &port, "-U", USER, "-d", "postgres", "-v", "ON_ERROR_STOP=1"]);
        Ok(command)
    }

    fn run(&self, sql: &str) -> Result<()> {
        // Each statement by itself: VACUUM is not taken in a transaction.
        let mut child = self.psql()?.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().context("psql's input")?.write_all(sql.as_bytes())?;
        ensure!(child.wait()?.success(), "PostgreSQL refused: {}", sql.chars().take(200).collect::<String>());
        Ok(())
    }

    /// A file into a table of texts; rows of another width are left out, as COPY would stop at them. The names of the columns.
    fn copy(&self, table: &str, file: &Path) -> Result<Vec<String>> {
        let mut reader = BufReader::with_capacity(1 << 20, std::fs::File::open(file)?);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let header: Vec<String> =
            String::from_utf8_lossy(&line).trim_end().trim_start_matches('\u{feff}').split('|').map(str::to_owned).collect();
        let columns: Vec<String> = (1..=header.len()).map(|number| format!("c{number} text")).collect();
        self.run(&format!("CREATE UNLOGGED TABLE {table} ({})", columns.join(", ")))?;
        let copy = format!("COPY {table} FROM STDIN WITH (FORMAT csv, DELIMITER '|', QUOTE E'\\x01')");
        let mut child = self.psql()?.args(["-c", &copy]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = std::io::BufWriter::with_capacity(1 << 20, child.stdin.take().context("psql's input")?);
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let width = line.iter().filter(|octet| **octet == b'|').count() + 1;
            let clean = !line.iter().any(|octet| matches!(octet, 0 | 1)) && !line.trim_ascii_end().contains(&b'\r');
            if width == header.len() && clean && std::str::from_utf8(&line).is_ok() {
                input.write_all(line.trim_ascii_end())?;
                input.write_all(b"\n")?;
            }
        }
        drop(input);
        ensure!(child.wait()?.success(), "COPY of {} failed", file.display());
        Ok(header)
    }

    /// A statement with the columns named as those of the files are.
    pub fn with_columns(&self, files: &Path, statement: &str) -> Result<String> {
        let mut statement = statement.to_owned();
        for (table, prefix) in FILES {
            let mut line = String::new();
            BufReader::new(std::fs::File::open(data::file(files, prefix)?)?).read_line(&mut line)?;
            let header: Vec<_> = line.trim_end().trim_start_matches('\u{feff}').split('|').map(str::to_owned).collect();
            statement = named(&statement, table, &header)?;
        }
        Ok(statement)
    }

    /// Writes what a statement answers to a file, and returns how many lines it has.
    pub fn copy_out(&self, statement: &str, out: &Path) -> Result<u64> {
        let copy = format!("COPY ({statement}) TO STDOUT WITH (FORMAT csv, DELIMITER ';')");
        let status = self.psql()?.args(["-c", &copy]).stdout(std::fs::File::create(out)?).status()?;
        ensure!(status.success(), "PostgreSQL refused to copy");
        Ok(BufReader::with_capacity(1 << 20, std::fs::File::open(out)?).lines().count() as u64)
    }

    pub fn target(&self, class: &str) -> Result<Target> {
        let (_, statement) = STATEMENTS.iter().find(|(name, _)| *name == class).context("a class of PostgreSQL's")?;
        Ok(Target {
            address: self.address,
            protocol: Protocol::Postgres,
            greeting: vec![postgres_start(USER, "postgres"), postgres_prepare(class, statement)],
            fresh: false,
            tls: None,
            process: self.id(),
        })
    }
}

/// A statement with the columns of a table named as in its header.
fn named(statement: &str, table: &str, header: &[String]) -> Result<String> {
    let mut statement = statement.to_owned();
    for (_, place, name) in COLUMNS.iter().filter(|(of, _, _)| *of == table) {
        let at = header.iter().position(|column| column == name).with_context(|| format!("no column {name} in {table}"))?;
        statement = statement.replace(place, &format!("c{}", at + 1));
    }
    Ok(statement)
}

/// A cluster in a folder, filled from the files of a day.
pub fn load(folder: &Path, files: &Path) -> Result<Cost> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let mut command = Command::new(tool("initdb")?);
    command.arg("-D").arg(folder).args(["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
    if let Some((user, group)) = unprivileged(&mut command)? {
        std::os::unix::fs::chown(folder, Some(user), Some(group))?;
    }
    timed(&mut command)?;
    let postgres = Postgres::start(folder)?;
    let sampler = Sampler::of(postgres.id());
    let (started, before) = (Instant::now(), usage(postgres.id()).cpu_seconds);
    let mut tables = TABLES.to_owned();
    for (table, prefix) in FILES {
        let header = postgres.copy(table, &data::file(files, prefix)?)?;
        tables = named(&tables, table, &header)?;
    }
    let copied = started.elapsed().as_secs_f64();
    postgres.run(&tables)?;
    Ok(Cost {
        seconds: started.elapsed().as_secs_f64(),
        cpu_seconds: usage(postgres.id()).cpu_seconds - before,
        peak_private: sampler.peak(),
        said: vec![(copied, "files copied".to_owned())],
    })
}
