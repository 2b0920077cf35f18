//! The statements that write a stretch of the plan: `$1` and `$2` bound the places, `$3` is the time (UTC seconds).
//!
//! They run on the store with the staging database attached read-only as `staging`, in a slice of an ordinary import, or of a first load for
//! the labels and the liste blanche, which alone have a plan there. A mailbox is decided from its row as it is now: only one of source `extraction` is touched, and liste rouge,
//! telephone opposition, freeze and suspension are never unset. A structure or person that leaves is looked at again: what was
//! attached to it meanwhile keeps it.

/// Statements of a kind of plan row, in order.
pub(super) fn of(kind: &str) -> &'static [&'static str] {
    match kind {
        "label" => &LABEL,
        "operator" => &OPERATOR,
        "domain" => &DOMAIN,
        "structure" => &STRUCTURE,
        "alias" => &ALIAS,
        "professional" => &PROFESSIONAL,
        "mailbox" => &MAILBOX,
        "structure_gone" => &STRUCTURE_GONE,
        "professional_gone" => &PROFESSIONAL_GONE,
        _ => &[],
    }
}

const LABEL: [&str; 1] = ["INSERT INTO label SELECT n.nomenclature, n.code, n.label, n.learned
     FROM staging.plan p CROSS JOIN staging.put_label n ON n.key = p.key WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (nomenclature, code) DO UPDATE SET label = excluded.label, learned = excluded.learned"];

const OPERATOR: [&str; 3] = [
    "INSERT INTO operator SELECT n.id, n.name, 'valide'
     FROM staging.plan p CROSS JOIN staging.n_operator n ON n.id = p.key WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    "DELETE FROM operator_certificate WHERE dn_key IN
     (SELECT g.dn_key FROM staging.plan p CROSS JOIN staging.gone_certificate g ON g.operator = p.key WHERE p.seq BETWEEN $1 AND $2)",
    "INSERT INTO operator_certificate SELECT n.dn_key, n.dn, n.operator
     FROM staging.plan p CROSS JOIN staging.put_certificate c ON c.operator = p.key
      CROSS JOIN staging.n_certificate n ON n.dn_key = c.dn_key
     WHERE p.seq BETWEEN $1 AND $2 ON CONFLICT (dn_key) DO UPDATE SET dn = excluded.dn, operator = excluded.operator",
];

const DOMAIN: [&str; 4] = [
    "INSERT INTO domain SELECT n.name, n.description, 1
     FROM staging.plan p CROSS JOIN staging.n_domain n ON n.name = p.key WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, listed = 1",
    "UPDATE domain SET listed = 0 WHERE name IN
     (SELECT g.name FROM staging.plan p CROSS JOIN staging.gone_domain g ON g.name = p.key WHERE p.seq BETWEEN $1 AND $2)",
    "DELETE FROM domain_certificate WHERE (domain, dn_key) IN
     (SELECT g.domain, g.dn_key FROM staging.plan p CROSS JOIN staging.gone_domain_certificate g ON g.domain = p.key
      WHERE p.seq BETWEEN $1 AND $2)",
    "INSERT OR IGNORE INTO domain_certificate SELECT n.domain, n.dn_key
     FROM staging.plan p CROSS JOIN staging.put_domain_certificate n ON n.domain = p.key WHERE p.seq BETWEEN $1 AND $2",
];

const STRUCTURE: [&str; 1] = ["INSERT INTO structure
     (id, name, trade_name, siret, siren, finess, finess_ej, legacy_id, recipient, geographic, number, repetition, street_type, street,
      distribution, last_line, postal_code, insee, city, country_code, country, department, phone, phone2, fax, email, sector,
      in_rpps, closed_at)
     SELECT n.id, n.name, n.trade_name, n.siret, n.siren, n.finess, n.finess_ej, n.legacy_id, n.recipient, n.geographic, n.number,
      n.repetition,
      n.street_type, n.street, n.distribution, n.last_line, n.postal_code, n.insee, n.city, n.country_code, n.country, n.department,
      n.phone, n.phone2, n.fax, n.email, n.sector,
      n.in_rpps, NULL
     FROM staging.plan p CROSS JOIN staging.n_structure n ON n.id = p.key WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (id) DO UPDATE SET
      name = excluded.name, trade_name = excluded.trade_name, siret = excluded.siret, siren = excluded.siren, finess = excluded.finess,
      finess_ej = excluded.finess_ej, legacy_id = excluded.legacy_id, recipient = excluded.recipient, geographic = excluded.geographic,
      number = excluded.number, repetition = excluded.repetition, street_type = excluded.street_type, street = excluded.street,
      distribution = excluded.distribution, last_line = excluded.last_line, postal_code = excluded.postal_code, insee = excluded.insee,
      city = excluded.city, country_code = excluded.country_code, country = excluded.country, department = excluded.department, phone =
      excluded.phone, phone2 = excluded.phone2, fax = excluded.fax, email = excluded.email, sector = excluded.sector,
      in_rpps = excluded.in_rpps, closed_at = NULL"];

// An alias that an operator's mailbox uses by now goes on naming its structure; so does that of a mailbox that leaves the extraction and
// stays for a flag set meanwhile.
const ALIAS: [&str; 2] = [
    "INSERT INTO structure_alias SELECT n.kind, n.value, n.structure
     FROM staging.plan p CROSS JOIN staging.put_alias n ON n.key = p.key WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (kind, value) DO UPDATE SET structure = excluded.structure",
    "DELETE FROM structure_alias WHERE (kind, value) IN
     (SELECT g.kind, g.value FROM staging.plan p CROSS JOIN staging.gone_alias g ON g.key = p.key WHERE p.seq BETWEEN $1 AND $2)
     AND NOT EXISTS (SELECT 1 FROM attachment a JOIN mailbox m ON m.address = a.mailbox AND m.state <> 'closed'
                     WHERE a.structure_kind = structure_alias.kind AND a.structure_value = structure_alias.value
                       AND a.structure_kind <> ''
                       AND (m.source = 'operator' OR ((m.liste_rouge OR m.frozen)
                            AND EXISTS (SELECT 1 FROM staging.gone_mailbox g WHERE g.address = m.address))))",
];

const PROFESSIONAL: [&str; 8] = [
    "INSERT INTO professional
     SELECT n.id, n.id_type, n.id_value, n.civility, n.exercise_civility, n.family, n.given, n.origin, NULL, NULL
     FROM staging.plan p CROSS JOIN staging.put_person u ON u.id = p.key CROSS JOIN staging.n_person n ON n.id = p.key
     WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (id) DO UPDATE SET id_type = excluded.id_type, id_value = excluded.id_value, civility = excluded.civility,
      exercise_civility = excluded.exercise_civility, family = excluded.family, given = excluded.given, origin = excluded.origin,
      closed_at = NULL",
    "UPDATE professional SET closed_at = $3 WHERE id IN
     (SELECT c.id FROM staging.plan p CROSS JOIN staging.close_person c ON c.id = p.key WHERE p.seq BETWEEN $1 AND $2)",
    "DELETE FROM exercise WHERE (professional, profession, category) IN
     (SELECT g.professional, g.profession, g.category
      FROM staging.plan p CROSS JOIN staging.gone_exercise g ON g.professional = p.key WHERE p.seq BETWEEN $1 AND $2)",
    "INSERT OR IGNORE INTO exercise SELECT n.professional, n.profession, n.category
     FROM staging.plan p CROSS JOIN staging.put_exercise n ON n.professional = p.key WHERE p.seq BETWEEN $1 AND $2",
    "DELETE FROM savoir_faire WHERE (professional, source, profession, category, kind, code) IN
     (SELECT g.professional, g.source, g.profession, g.category, g.kind, g.code
      FROM staging.plan p CROSS JOIN staging.gone_savoir_faire g ON g.professional = p.key WHERE p.seq BETWEEN $1 AND $2)",
    "INSERT OR IGNORE INTO savoir_faire (professional, source, profession, category, kind, code)
     SELECT n.professional, n.source, n.profession, n.category, n.kind, n.code
     FROM staging.plan p CROSS JOIN staging.put_savoir_faire n ON n.professional = p.key WHERE p.seq BETWEEN $1 AND $2",
    "DELETE FROM activity WHERE (professional, id) IN
     (SELECT g.professional, unhex(g.id) FROM staging.plan p CROSS JOIN staging.gone_activity g ON g.professional = p.key WHERE p.seq BETWEEN $1 AND $2)",
    "INSERT OR IGNORE INTO activity
     SELECT n.professional, unhex(n.id), n.profession, n.category, n.mode, n.structure, n.sector, n.section, n.role, n.genre
     FROM staging.plan p CROSS JOIN staging.put_activity u ON u.professional = p.key
      CROSS JOIN staging.n_activity n ON n.professional = u.professional AND n.id = u.id
     WHERE p.seq BETWEEN $1 AND $2",
];

// A mailbox that an administrator closed while it was in the extraction stays closed; one that had vanished and is back reopens.
const MAILBOX: [&str; 4] = [
    "INSERT INTO mailbox (address, kind, source, operator, state, test, liste_rouge, frozen, zero_papier, phone, phone_opposed,
      responsible, service, description, rank, in_extraction, created_at, changed_at, closed_at)
     SELECT n.address, n.kind, 'extraction', NULL, 'active', n.test, 0, 0, n.zero_papier, '', 0, '', n.service, '', NULL, 1,
      $3, $3, NULL
     FROM staging.plan p CROSS JOIN staging.put_mailbox u ON u.address = p.key CROSS JOIN staging.n_mailbox n ON n.address = p.key
     WHERE p.seq BETWEEN $1 AND $2
     ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, test = excluded.test,
      zero_papier = excluded.zero_papier, service = excluded.service, in_extraction = 1, changed_at = $3,
      state = CASE WHEN mailbox.state = 'closed' AND NOT mailbox.in_extraction THEN 'active' ELSE mailbox.state END,
      closed_at = CASE WHEN mailbox.in_extraction THEN mailbox.closed_at END
     WHERE mailbox.source = 'extraction'",
    "DELETE FROM attachment WHERE (mailbox, professional, structure_kind, structure_value, service) IN
     (SELECT g.mailbox, g.professional, g.structure_kind, g.structure_value, g.service
      FROM staging.plan p CROSS JOIN staging.gone_attachment g ON g.mailbox = p.key CROSS JOIN mailbox m ON m.address = p.key
      WHERE p.seq BETWEEN $1 AND $2 AND m.source = 'extraction')",
    "INSERT OR IGNORE INTO attachment
     SELECT n.mailbox, n.professional, n.structure_kind, n.structure_value, n.service
     FROM staging.plan p CROSS JOIN staging.put_attachment n ON n.mailbox = p.key CROSS JOIN mailbox m ON m.address = p.key
     WHERE p.seq BETWEEN $1 AND $2 AND m.source = 'extraction'",
    "UPDATE mailbox SET in_extraction = 0, changed_at = $3,
      state = CASE WHEN liste_rouge OR frozen THEN state ELSE 'closed' END,
      closed_at = CASE WHEN liste_rouge OR frozen THEN closed_at WHEN state = 'closed' THEN closed_at ELSE $3 END
     WHERE source = 'extraction' AND address IN
      (SELECT g.address FROM staging.plan p CROSS JOIN staging.gone_mailbox g ON g.address = p.key WHERE p.seq BETWEEN $1 AND $2)",
];

const STRUCTURE_GONE: [&str; 3] = [
    "UPDATE structure SET in_rpps = 0, closed_at = CASE WHEN NOT EXISTS
       (SELECT 1 FROM structure_alias s JOIN attachment a ON a.structure_kind = s.kind AND a.structure_value = s.value
        JOIN mailbox m ON m.address = a.mailbox AND m.state <> 'closed' WHERE s.structure = structure.id AND a.structure_kind <> '')
      THEN $3 END
     WHERE id IN (SELECT p.key FROM staging.plan p WHERE p.seq BETWEEN $1 AND $2 AND p.effect <> 'removed')",
    "DELETE FROM structure WHERE id IN (SELECT p.key FROM staging.plan p WHERE p.seq BETWEEN $1 AND $2 AND p.effect = 'removed')
     AND NOT EXISTS
       (SELECT 1 FROM structure_alias s JOIN attachment a ON a.structure_kind = s.kind AND a.structure_value = s.value
        JOIN mailbox m ON m.address = a.mailbox AND m.state <> 'closed' WHERE s.structure = structure.id AND a.structure_kind <> '')",
    "DELETE FROM structure_alias WHERE structure IN (SELECT p.key FROM staging.plan p WHERE p.seq BETWEEN $1 AND $2)
     AND NOT EXISTS (SELECT 1 FROM structure s WHERE s.id = structure_alias.structure AND s.closed_at IS NULL)",
];

const PROFESSIONAL_GONE: [&str; 2] = [
    "DELETE FROM professional WHERE id IN (SELECT p.key FROM staging.plan p WHERE p.seq BETWEEN $1 AND $2) AND origin <> 'rpps'
     AND NOT EXISTS (SELECT 1 FROM savoir_faire f WHERE f.professional = professional.id)
     AND NOT EXISTS (SELECT 1 FROM attachment a JOIN mailbox m ON m.address = a.mailbox AND m.state <> 'closed'
                     WHERE a.professional = professional.id AND a.professional <> '')",
    "DELETE FROM exercise WHERE professional IN (SELECT p.key FROM staging.plan p WHERE p.seq BETWEEN $1 AND $2)
     AND NOT EXISTS (SELECT 1 FROM professional q WHERE q.id = exercise.professional)",
];

/// Rejected rows and causes are plan rows too, each in its own table.
pub(super) const REJECTIONS: &str = "INSERT INTO rejection SELECT $4, p.kind, p.line, p.column_name, p.reason, p.excerpt, $3
     FROM staging.rejection p WHERE p.seq BETWEEN $1 AND $2 ORDER BY p.seq";
pub(super) const CAUSES: &str = "INSERT INTO change (run, kind, key, withdraws, at)
     SELECT $4, p.kind, p.key, p.withdraws, $3 FROM staging.cause p WHERE p.seq BETWEEN $1 AND $2 ORDER BY p.seq";
/// Written before the first cause is visible: the projection must not meet a cause of the list without it.
pub(super) const LIST_LOADED: &str = "INSERT INTO meta SELECT 'list_loaded', '1'
     WHERE EXISTS (SELECT 1 FROM staging.file WHERE kind = 'liste_blanche') ON CONFLICT (name) DO UPDATE SET value = '1'";
pub(super) const FILES: &str = "INSERT INTO import_file
     SELECT $1, kind, name, edition, sha256, rows_read, accepted, duplicate, rejected FROM staging.file";

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{ConnectOptions, Executor};

    #[tokio::test]
    async fn every_statement_prepares() {
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        super::super::prepare(&mut connection).await.unwrap();
        // The tables of the plan only need to exist: made by running the scripts against an empty store.
        let folder = tempfile::tempdir().unwrap();
        let data = super::super::super::DataDir::new(folder.path());
        let mut empty = super::super::writer_connection(&data.database()).await.unwrap();
        super::super::prepare(&mut empty).await.unwrap();
        let mut staging = super::super::staging::Staging::create(&data, "s.sqlite3").await.unwrap();
        staging.plan(&data).await.unwrap();
        let path = staging.seal().await.unwrap();
        super::super::plan::attach_read_only(&mut connection, &path, "staging").await.unwrap();
        let kinds = ["label", "operator", "domain", "structure", "alias", "professional", "mailbox", "structure_gone", "professional_gone"];
        for sql in kinds.into_iter().flat_map(|kind| of(kind)).chain(&[REJECTIONS, CAUSES, LIST_LOADED, FILES]) {
            (&mut connection).prepare(sqlx::SqlStr::from_static(sql)).await.unwrap_or_else(|error| panic!("{sql}\n{error}"));
        }
    }
}
