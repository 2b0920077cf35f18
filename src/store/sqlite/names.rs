//! Every entry of a kind with the words it is sorted by: the first pass of a rebuild, which lays documents out in that order.

use super::super::types::EntryName;
use super::{Sqlite, db, statements};
use crate::error::{Error, Result};
use crate::model::Kind;

statements! {
    // $1 the id behind which to begin, $2 how many.
    PROFESSIONALS = "SELECT json_group_array(json_array(id, family, given))
        FROM (SELECT id, family, given FROM professional WHERE id > $1 ORDER BY id LIMIT $2)";
    // Structures are told by their commune, too.
    STRUCTURES = "SELECT json_group_array(json_array(id, CASE WHEN name = '' THEN trade_name ELSE name END, city))
        FROM (SELECT id, name, trade_name, city FROM structure WHERE id > $1 ORDER BY id LIMIT $2)";
    // A person's mailbox goes by its first holder; the others by their service and their first structure, or else by what they have.
    MAILBOXES = "WITH named AS (
            SELECT m.address AS id, m.kind = 'PER' AS of_person, m.description,
                coalesce(nullif(m.service, ''),
                    (SELECT min(a.service) FROM attachment AS a WHERE a.mailbox = m.address AND a.service <> ''), '') AS service,
                (SELECT min(a.professional) FROM attachment AS a WHERE a.mailbox = m.address AND a.professional <> '') AS holder,
                (SELECT min(x.structure) FROM attachment AS a
                    JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
                    WHERE a.mailbox = m.address) AS site
            FROM mailbox AS m WHERE m.address > $1 ORDER BY m.address LIMIT $2),
        called AS (
            SELECT n.*, p.family, p.given, s.city,
                trim(n.service || ' ' || coalesce(nullif(s.name, ''), s.trade_name, '')) AS called
            FROM named AS n LEFT JOIN professional AS p ON p.id = n.holder LEFT JOIN structure AS s ON s.id = n.site)
        SELECT json_group_array(json_array(id,
            CASE WHEN of_person THEN coalesce(family, '') WHEN called <> '' THEN called WHEN description <> '' THEN description
                ELSE coalesce(given, '') END,
            CASE WHEN of_person THEN coalesce(given, '') WHEN called <> '' THEN coalesce(city, '') WHEN description <> '' THEN ''
                ELSE coalesce(family, '') END))
        FROM called";
}

impl Sqlite {
    pub async fn entry_names(&self, kind: Kind, after: &str, most: u32) -> Result<Vec<EntryName>> {
        let statement = match kind {
            Kind::Mailbox => MAILBOXES,
            Kind::Professional => PROFESSIONALS,
            Kind::Structure => STRUCTURES,
        };
        let rows: String =
            sqlx::query_scalar(statement).bind(after).bind(most).fetch_one(&self.reader).await.map_err(db("reading names"))?;
        let mut rows: Vec<(String, String, String)> = serde_json::from_str(&rows).map_err(|e| Error::internal("reading names", e))?;
        rows.sort_unstable();
        Ok(rows.into_iter().map(|(id, first, second)| EntryName { kind, id, first, second }).collect())
    }
}
