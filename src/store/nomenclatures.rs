//! The published nomenclatures, embedded: the labels a new store starts with, before any file has taught it its own.
//!
//! Source: the ANS tables (TRE_…) of schema/nomenclatures, two columns `code,label_fr`. `closed-codes.csv` lists codes no longer given out;
//! their labels stay, because the files still carry them.

use crate::error::{Error, Result};
use sha2::{Digest, Sha256};

macro_rules! nomenclatures {
    ($($table:literal: $file:literal),+ $(,)?) => {
        const FILES: &[(&str, &str)] = &[$(($table, include_str!(concat!("../../schema/nomenclatures/", $file, ".csv")))),+];
    };
}

nomenclatures! {
    "TRE_G07": "TRE_G07-TypeIdentifiantStructure",
    "TRE_G08": "TRE_G08-TypeIdentifiantPersonne",
    "TRE_G13": "TRE_G13-OrientationParticuliere",
    "TRE_G15": "TRE_G15-ProfessionSante",
    "TRE_R02": "TRE_R02-SecteurActivite",
    "TRE_R04": "TRE_R04-TypeSavoirFaire",
    "TRE_R06": "TRE_R06-SectionTableauCNOP",
    "TRE_R09": "TRE_R09-CategorieProfessionnelle",
    "TRE_R11": "TRE_R11-CiviliteExercice",
    "TRE_R14": "TRE_R14-TypeDiplome",
    "TRE_R17": "TRE_R17-TypeAutorisation",
    "TRE_R21": "TRE_R21-Fonction",
    "TRE_R22": "TRE_R22-GenreActivite",
    "TRE_R23": "TRE_R23-ModeExercice",
    "TRE_R256": "TRE_R256-TypeMessagerie",
    "TRE_R257": "TRE_R257-TypeBAL",
    "TRE_R291": "TRE_R291-AutreProfession",
    "TRE_R359": "TRE_R359-SurspecialiteTransversale",
    "TRE_R38": "TRE_R38-SpecialiteOrdinale",
    "TRE_R39": "TRE_R39-Competence",
    "TRE_R394": "TRE_R394-CompetenceMetier",
    "TRE_R40": "TRE_R40-CompetenceExclusive",
    "TRE_R42": "TRE_R42-DESCnonQualifiant",
    "TRE_R43": "TRE_R43-CapaciteSavoirFaire",
    "TRE_R44": "TRE_R44-QualificationPAC",
    "TRE_R45": "TRE_R45-FonctionQualifiee",
    "TRE_R60": "TRE_R60-AutoriteEnregistrement",
    "TRE_R81": "TRE_R81-Civilite",
    "TRE_R85": "TRE_R85-RolePriseCharge",
    "TRE_R87": "TRE_R87-TypeCarte",
    "TRE_R94": "TRE_R94-ProfessionSocial",
    "TRE_R95": "TRE_R95-UsagerTitre",
    "TRE_R96": "TRE_R96-AutreFonctionSanitaire",
    "TRE_R97": "TRE_R97-DroitExerciceCompl",
}

/// One row of a nomenclature: table, code, label.
pub(super) type SeedLabel = (&'static str, String, String);

/// Every embedded label, table by table.
pub(super) fn seed_labels() -> Result<Vec<SeedLabel>> {
    let mut labels = Vec::new();
    for (table, text) in FILES {
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            let row = row.map_err(|error| Error::internal(format!("embedded nomenclature {table}"), error))?;
            if let (Some(code), Some(label)) = (row.get(0), row.get(1)) {
                labels.push((*table, code.to_owned(), label.to_owned()));
            }
        }
    }
    Ok(labels)
}

/// Changes with the embedded tables and with what their labels win over: tells an opened store whether its seeds are those of this program.
pub(super) fn seed_digest() -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"over the mailbox file");
    for (table, text) in FILES {
        hasher.update(table.as_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_folder_is_embedded_and_readable() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/nomenclatures");
        let names: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "closed-codes.csv")
            .map(|name| name.split('-').next().unwrap().to_owned())
            .collect();
        assert_eq!(names, FILES.iter().map(|(table, _)| (*table).to_owned()).collect());
        let labels = seed_labels().unwrap();
        assert!(labels.contains(&("TRE_G15", "10".to_owned(), "Médecin".to_owned())));
        assert!(labels.iter().all(|(_, code, label)| !code.is_empty() && !label.is_empty()));
    }
}
