//! The canonical dump: every table of truth, sorted, one JSON line a row, for comparing stores.
//!
//! Left out: import runs and files, versions of the liste blanche, rejections, changes, the journal, what was published, the facts of the
//! store, and every time; of a closing only that it happened. Secrets are left out too. Read in pages by key, in one read transaction.

use super::{Sqlite, commit, db, statements};
use crate::error::{Error, Result};
use std::io;

statements! {
    // Each: the line, and the key the next page starts after. $1 is the last key as a JSON array, empty texts at first.
    ACCOUNT = "SELECT json_object('table', 'account', 'name', name, 'audience', audience, 'revoked', json(iif(revoked_at IS NULL, 'false', 'true'))),
        json_array(name) FROM account WHERE name > $1 ->> 0 ORDER BY name LIMIT 5000";
    ACCOUNT_CERTIFICATE = "SELECT json_object('table', 'account_certificate', 'key', key, 'account', account),
        json_array(key) FROM account_certificate WHERE key > $1 ->> 0 ORDER BY key LIMIT 5000";
    ACTIVITY = "SELECT json_object('table', 'activity', 'id', lower(hex(id)), 'professional', professional, 'profession', profession,
        'category', category, 'mode', mode, 'structure', structure, 'sector', sector, 'section', section, 'role', role, 'genre', genre),
        json_array(professional, hex(id)) FROM activity WHERE (professional, id) > ($1 ->> 0, unhex(coalesce($1 ->> 1, '')))
        ORDER BY professional, id LIMIT 5000";
    ATTACHMENT = "SELECT json_object('table', 'attachment', 'mailbox', mailbox, 'professional', professional,
        'structure_kind', structure_kind, 'structure_value', structure_value, 'service', service),
        json_array(mailbox, professional, structure_kind, structure_value, service) FROM attachment
        WHERE (mailbox, professional, structure_kind, structure_value, service)
            > ($1 ->> 0, coalesce($1 ->> 1, ''), coalesce($1 ->> 2, ''), coalesce($1 ->> 3, ''), coalesce($1 ->> 4, ''))
        ORDER BY mailbox, professional, structure_kind, structure_value, service LIMIT 5000";
    DOMAIN = "SELECT json_object('table', 'domain', 'name', name, 'description', description, 'listed', listed),
        json_array(name) FROM domain WHERE name > $1 ->> 0 ORDER BY name LIMIT 5000";
    DOMAIN_CERTIFICATE = "SELECT json_object('table', 'domain_certificate', 'domain', domain, 'dn_key', dn_key),
        json_array(domain, dn_key) FROM domain_certificate WHERE (domain, dn_key) > ($1 ->> 0, coalesce($1 ->> 1, ''))
        ORDER BY domain, dn_key LIMIT 5000";
    EXERCISE = "SELECT json_object('table', 'exercise', 'professional', professional, 'profession', profession, 'category', category),
        json_array(professional, profession, category) FROM exercise
        WHERE (professional, profession, category) > ($1 ->> 0, coalesce($1 ->> 1, ''), coalesce($1 ->> 2, ''))
        ORDER BY professional, profession, category LIMIT 5000";
    LABEL = "SELECT json_object('table', 'label', 'nomenclature', nomenclature, 'code', code, 'label', label, 'learned', learned),
        json_array(nomenclature, code) FROM label WHERE (nomenclature, code) > ($1 ->> 0, coalesce($1 ->> 1, ''))
        ORDER BY nomenclature, code LIMIT 5000";
    MAILBOX = "SELECT json_object('table', 'mailbox', 'address', address, 'kind', kind, 'source', source, 'operator', operator,
        'state', state, 'test', test, 'liste_rouge', liste_rouge, 'liste_rouge_held', liste_rouge_held, 'frozen', frozen, 'zero_papier', zero_papier, 'phone', phone,
        'phone_opposed', phone_opposed, 'phone_opposed_held', phone_opposed_held, 'responsible', responsible, 'service', service, 'description', description, 'rank', rank,
        'in_extraction', in_extraction, 'closed', json(iif(closed_at IS NULL, 'false', 'true'))),
        json_array(address) FROM mailbox WHERE address > $1 ->> 0 ORDER BY address LIMIT 5000";
    OPERATOR = "SELECT json_object('table', 'operator', 'id', id, 'name', name, 'state', state),
        json_array(id) FROM operator WHERE id > $1 ->> 0 ORDER BY id LIMIT 5000";
    OPERATOR_CERTIFICATE = "SELECT json_object('table', 'operator_certificate', 'dn_key', dn_key, 'dn', dn, 'operator', operator),
        json_array(dn_key) FROM operator_certificate WHERE dn_key > $1 ->> 0 ORDER BY dn_key LIMIT 5000";
    PROFESSIONAL = "SELECT json_object('table', 'professional', 'id', id, 'id_type', id_type, 'id_value', id_value,
        'civility', civility, 'exercise_civility', exercise_civility, 'family', family, 'given', given, 'origin', origin,
        'closed', json(iif(closed_at IS NULL, 'false', 'true')), 'replaces', replaces),
        json_array(id) FROM professional WHERE id > $1 ->> 0 ORDER BY id LIMIT 5000";
    SAVOIR_FAIRE = "SELECT json_object('table', 'savoir_faire', 'professional', professional, 'source', source,
        'profession', profession, 'category', category, 'kind', kind, 'code', code),
        json_array(professional, source, profession, category, kind, code) FROM savoir_faire
        WHERE (professional, source, profession, category, kind, code)
            > ($1 ->> 0, coalesce($1 ->> 1, 0), coalesce($1 ->> 2, ''), coalesce($1 ->> 3, ''), coalesce($1 ->> 4, ''), coalesce($1 ->> 5, ''))
        ORDER BY professional, source, profession, category, kind, code LIMIT 5000";
    STRUCTURE = "SELECT json_object('table', 'structure', 'id', id, 'name', name, 'trade_name', trade_name, 'siret', siret,
        'siren', siren, 'finess', finess, 'finess_ej', finess_ej, 'legacy_id', legacy_id, 'recipient', recipient,
        'geographic', geographic, 'number', number, 'repetition', repetition, 'street_type', street_type, 'street', street,
        'distribution', distribution, 'last_line', last_line, 'postal_code', postal_code, 'insee', insee, 'city', city,
        'country_code', country_code, 'country', country, 'department', department, 'phone', phone, 'phone2', phone2, 'fax', fax,
        'email', email, 'sector', sector, 'in_rpps', in_rpps, 'closed', json(iif(closed_at IS NULL, 'false', 'true'))),
        json_array(id) FROM structure WHERE id > $1 ->> 0 ORDER BY id LIMIT 5000";
    STRUCTURE_ALIAS = "SELECT json_object('table', 'structure_alias', 'kind', kind, 'value', value, 'structure', structure),
        json_array(kind, value) FROM structure_alias WHERE (kind, value) > ($1 ->> 0, coalesce($1 ->> 1, ''))
        ORDER BY kind, value LIMIT 5000";
}

const TABLES: [&str; 15] = [
    ACCOUNT,
    ACCOUNT_CERTIFICATE,
    ACTIVITY,
    ATTACHMENT,
    DOMAIN,
    DOMAIN_CERTIFICATE,
    EXERCISE,
    LABEL,
    MAILBOX,
    OPERATOR,
    OPERATOR_CERTIFICATE,
    PROFESSIONAL,
    SAVOIR_FAIRE,
    STRUCTURE,
    STRUCTURE_ALIAS,
];

impl Sqlite {
    pub async fn canonical_dump(&self, out: &mut (dyn io::Write + Send)) -> Result<()> {
        let mut read = self.read().await?;
        for statement in TABLES {
            let mut after = r#"[""]"#.to_owned();
            loop {
                let page: Vec<(String, String)> =
                    sqlx::query_as(statement).bind(&after).fetch_all(&mut *read).await.map_err(db("dumping the store"))?;
                for (line, _) in &page {
                    writeln!(out, "{line}").map_err(|error| Error::internal("the dump could not be written", error))?;
                }
                match page.into_iter().next_back() {
                    Some((_, key)) => after = key,
                    None => break,
                }
            }
        }
        commit(read).await
    }
}
