//! The invented country: generated once, and read back from our own export, so that every system is asked for the people it was given.

use crate::ours::BINARY;
use anyhow::{Context as _, Result};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the people are, in our tree and in slapd's. Mailboxes alone are another naming context.
pub const PEOPLE: &str = "ou=professionnels,dc=annuaire,dc=sante,dc=fr";
/// The naming contexts, as `export --context` knows them.
pub const CONTEXTS: [&str; 2] = ["dc=annuaire,dc=sante,dc=fr", "dc=mssante,dc=fr"];

/// One professional, as published.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub id: String,
    pub rpps: String,
    pub cn: String,
    pub sn: String,
    pub given: String,
    pub mails: Vec<String>,
    /// Codes.
    pub professions: Vec<String>,
    pub specialties: Vec<String>,
    pub departments: Vec<String>,
    pub cities: Vec<String>,
    pub telephones: Vec<String>,
}

impl Person {
    fn set(&mut self, name: &str, value: String) {
        match name {
            "uid" => self.id = value,
            "rpps" => self.rpps = value,
            // The first value only: the one with specialty and place.
            "cn" if self.cn.is_empty() => self.cn = value,
            "sn" if self.sn.is_empty() => self.sn = value,
            "givenName" => self.given = value,
            "mail" => self.mails.push(value),
            "profession" => self.professions.push(value),
            "specialite" => self.specialties.push(value),
            "departement" => self.departments.push(value),
            "l" => self.cities.push(value),
            "telephoneNumber" => self.telephones.push(value),
            _ => {}
        }
    }
}

/// The files of a day, generated when they are not there.
pub fn generated(keep: &Path, people: u64, next_day: bool) -> Result<PathBuf> {
    let folder = keep.join(if next_day { "day2" } else { "day1" });
    if folder.join("listeblanchemssante.xml").exists() {
        return Ok(folder);
    }
    let mut command = Command::new(BINARY);
    command.args(["synth", "--plain", "--seed", "1", "--people", &people.to_string(), "--out"]).arg(&folder);
    if next_day {
        command.arg("--next-day");
    }
    let cost = crate::process::timed(&mut command)?;
    println!("generated {} in {:.1} s", folder.display(), cost.seconds);
    Ok(folder)
}

/// A file of a day by how its name begins.
pub fn file(folder: &Path, prefix: &str) -> Result<PathBuf> {
    let found = std::fs::read_dir(folder)?.flatten().map(|e| e.path());
    let mut found = found.filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix)));
    found.next().with_context(|| format!("no {prefix} in {}", folder.display()))
}

/// Our export of one naming context, written when it is not there.
pub fn exported(keep: &Path, data: &Path, context: &str) -> Result<PathBuf> {
    let out = keep.join(format!("{context}.ldif"));
    if !out.exists() {
        let mut command = Command::new(BINARY);
        command.args(["export", "--format", "slapadd", "--context", context, "--data"]).arg(data).arg("--out").arg(&out);
        crate::process::timed(&mut command)?;
    }
    Ok(out)
}

/// Every professional of an export, one after the other.
pub fn people(ldif: &Path, mut each: impl FnMut(Person)) -> Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, std::fs::File::open(ldif)?);
    let (mut line, mut next) = (String::new(), String::new());
    let mut person: Option<Person> = None;
    reader.read_line(&mut next)?;
    loop {
        std::mem::swap(&mut line, &mut next);
        // A folded line goes on behind a blank.
        loop {
            next.clear();
            if reader.read_line(&mut next)? == 0 || !next.starts_with(' ') {
                break;
            }
            line.truncate(line.trim_end_matches('\n').len());
            line.push_str(next.get(1..).unwrap_or_default());
        }
        let text = line.trim_end_matches('\n');
        if let Some(dn) = text.strip_prefix("dn") {
            let (dn, professional) = (value(dn)?, format!(",{PEOPLE}"));
            person = (dn.starts_with("uid=") && dn.ends_with(&professional)).then(Person::default);
        } else if text.is_empty() {
            if let Some(person) = person.take() {
                each(person);
            }
        } else if let Some(person) = &mut person
            && let Some(at) = text.find(':')
        {
            let (name, rest) = text.split_at(at);
            person.set(name, value(rest)?);
        }
        if next.is_empty() {
            if let Some(person) = person.take() {
                each(person);
            }
            return Ok(());
        }
    }
}

/// `: plain` or `:: base64`.
fn value(text: &str) -> Result<String> {
    use base64::Engine as _;
    Ok(match text.strip_prefix(":: ") {
        Some(encoded) => String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded)?)?,
        None => text.strip_prefix(": ").unwrap_or_default().to_owned(),
    })
}

/// CPU, cores and memory of this machine, in words.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|l| l.strip_prefix("model name")).map_or("unknown", |l| l.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|l| l.strip_prefix("MemTotal:")).and_then(|l| l.split_whitespace().next()).map(str::to_owned);
    let gigabytes = total.and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0) / 1e6;
    let kernel = Command::new("uname").arg("-sr").stdin(Stdio::null()).output().map(|o| o.stdout).unwrap_or_default();
    format!("{model}, {cores} cores, {gigabytes:.0} GB of memory, {}", String::from_utf8_lossy(&kernel).trim())
}
