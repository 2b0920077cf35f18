//! Small invented files in the real layouts, built row by row, for tests that need to know every row.

use annuaire::extraction::write::{Cells, Shape, Writer};
use annuaire::extraction::{ActivityColumn as A, Column, ExpertiseColumn as E, FileKind, MailboxColumn as M};
use std::path::{Path, PathBuf};

/// Lines of each file, without header.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub activities: Vec<String>,
    pub expertises: Vec<String>,
    pub mailboxes: Vec<String>,
    /// Domain and certificate DN.
    pub list: Vec<(String, String)>,
}

pub fn id(n: usize) -> String {
    format!("8{}", rpps(n))
}

fn rpps(n: usize) -> String {
    format!("10999{n:06}")
}

fn line<C: Column>(kind: FileKind, values: &[(C, &str)]) -> String {
    let mut cells = Cells::new(kind);
    for (column, value) in values {
        cells.set(*column, value);
    }
    let shape = Shape { columns: usize::MAX, trailing: false, crlf: false, bom: false };
    let mut writer = Writer::new(kind, shape, Vec::new()).unwrap();
    writer.row(&cells).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    text.lines().nth(1).unwrap().to_owned()
}

/// A row of Personne_activite; `more` overrides.
pub fn activity(n: usize, structure: &str, more: &[(A, &str)]) -> String {
    let (value, national, family) = (rpps(n), id(n), format!("NOM{n}"));
    let finess = structure.strip_prefix('F').unwrap_or_default();
    let mut values = vec![
        (A::IdType, "8"),
        (A::IdValue, &value),
        (A::NationalId, &national),
        (A::Civility, "M"),
        (A::CivilityLabel, "Monsieur"),
        (A::Family, &family),
        (A::Given, "Élodie"),
        (A::Profession, "10"),
        (A::ProfessionLabel, "Médecin"),
        (A::Category, "C"),
        (A::CategoryLabel, "Civil"),
    ];
    if !structure.is_empty() {
        values.extend([
            (A::Mode, "L"),
            (A::ModeLabel, "Libéral"),
            (A::StructureId, structure),
            (A::Finess, finess),
            (A::Name, structure),
            (A::PostalCode, "69003"),
            (A::City, "Lyon"),
            (A::Sector, "SA07"),
        ]);
    }
    values.extend_from_slice(more);
    line(FileKind::PersonneActivite, &values)
}

/// A row of SavoirFaire.
pub fn expertise(n: usize, code: &str) -> String {
    let (value, national, family) = (rpps(n), id(n), format!("NOM{n}"));
    let values = [
        (E::IdType, "8"),
        (E::IdValue, value.as_str()),
        (E::NationalId, &national),
        (E::Family, &family),
        (E::Given, "Élodie"),
        (E::Profession, "10"),
        (E::Category, "C"),
        (E::ExpertiseKind, "S"),
        (E::Expertise, code),
        (E::ExpertiseLabel, "Spécialité"),
    ];
    line(FileKind::SavoirFaire, &values)
}

/// A PER row of the mailbox file.
pub fn per(n: usize, address: &str, more: &[(M, &str)]) -> String {
    let (value, national, family) = (rpps(n), id(n), format!("NOM{n}"));
    let mut values = vec![
        (M::Kind, "PER"),
        (M::Address, address),
        (M::IdType, "8"),
        (M::IdValue, &value),
        (M::NationalId, &national),
        (M::Family, &family),
        (M::Given, "Élodie"),
        (M::Profession, "10"),
        (M::Category, "C"),
    ];
    values.extend_from_slice(more);
    line(FileKind::Mailboxes, &values)
}

/// An ORG row of the mailbox file.
pub fn org(address: &str, kind: &str, value: &str, name: &str) -> String {
    let values = [
        (M::Kind, "ORG"),
        (M::Address, address),
        (M::StructureIdType, kind),
        (M::StructureId, value),
        (M::Name, name),
        (M::PostalCode, "69003"),
        (M::LastLine, "69003 LYON"),
    ];
    line(FileKind::Mailboxes, &values)
}

pub fn dn(operator: usize) -> String {
    format!("CN=smtp{operator}.invalid,OU=39999000{operator:07},O=OPERATEUR {operator},C=FR")
}

impl Files {
    /// A little country: `people` persons, every third with an activity in one of the structures, savoir-faire and mailboxes.
    pub fn country(people: usize) -> Self {
        let mut files = Self::default();
        for n in 0..people {
            let structure = if n % 3 == 0 { String::new() } else { format!("F9909{:05}", n / 4) };
            files.activities.push(activity(n, &structure, &[]));
            if n % 5 == 0 {
                files.expertises.push(expertise(n, "SM54"));
            }
            if n % 2 == 0 {
                files.mailboxes.push(per(n, &format!("nom{n}@medecin.mssante.fr"), &[]));
            }
            if n % 8 == 1 {
                let finess = format!("9909{:05}", n / 4);
                files.mailboxes.push(org(&format!("accueil{n}@ch.mssante.fr"), "FINESS", &finess, "CH"));
            }
        }
        files.list = vec![("medecin.mssante.fr".into(), dn(1)), ("ch.mssante.fr".into(), dn(2)), ("pro.mssante.fr".into(), dn(1))];
        files
    }

    /// Writes the files that have rows, with the edition in their names; returns them.
    pub fn write(&self, folder: &Path, edition: &str) -> Vec<PathBuf> {
        std::fs::create_dir_all(folder).unwrap();
        let mut paths = Vec::new();
        for (kind, lines) in [
            (FileKind::PersonneActivite, &self.activities),
            (FileKind::SavoirFaire, &self.expertises),
            (FileKind::Mailboxes, &self.mailboxes),
        ] {
            if !lines.is_empty() {
                let path = folder.join(format!("{}_{edition}.txt", kind.file_prefix()));
                std::fs::write(&path, text(kind, lines)).unwrap();
                paths.push(path);
            }
        }
        if !self.list.is_empty() {
            let path = folder.join("listeblanchemssante.xml");
            std::fs::write(&path, list(edition, &self.list)).unwrap();
            paths.push(path);
        }
        paths
    }
}

/// A whole text file.
pub fn text(kind: FileKind, lines: &[String]) -> String {
    let mut text = kind.layout().header(usize::MAX);
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
    text.push('\n');
    text
}

/// A liste blanche; `edition` is taken for UTC here, which only shifts it.
pub fn list(edition: &str, entries: &[(String, String)]) -> String {
    let (y, m, d, h, min) = (&edition[..4], &edition[4..6], &edition[6..8], &edition[8..10], &edition[10..]);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\
         <DateDeGeneration>{y}-{m}-{d}T{h}:{min}:00Z</DateDeGeneration><ListeDomaines>\n"
    );
    for (domain, dn) in entries {
        xml.push_str(&format!(
            "<Domaine><Nom>{domain}</Nom><Description>Domaine</Description><DNCertificatOperateur>{dn}</DNCertificatOperateur></Domaine>\n"
        ));
    }
    xml.push_str("</ListeDomaines></ListeBlancheMSSante>");
    xml
}
