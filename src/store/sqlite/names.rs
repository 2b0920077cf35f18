//! Every entry of a kind with the words it is sorted by: the first pass of a rebuild, which lays documents out in that order.

use super::super::types::EntryName;
use super::{Sqlite, db, statements};
use crate::error::{Error, Result};
use crate::model::Kind;

statements! {
    // $1 the id behind which to begin, $2 how many.
    PROFESSIONALS = "SELECT json_group_array(json_array(id, family, given))
        FROM (SELECT id, family, given FROM professional WHERE id > $1 ORDER BY id LIMIT $2)";
    STRUCTURES = "SELECT json_group_array(json_array(id, CASE WHEN name = '' THEN trade_name ELSE name END, ''))
        FROM (SELECT id, name, trade_name FROM structure WHERE id > $1 ORDER BY id LIMIT $2)";
    // People's mailboxes go by their first holder, the others by their first structure; either stands in for the other.
    MAILBOXES = "WITH named AS (
            SELECT m.address AS id, m.kind IN ('PER', 'CAB') AS of_people, m.service,
                (SELECT min(a.professional) FROM attachment AS a WHERE a.mailbox = m.address AND a.professional <> '') AS holder,
                (SELECT min(x.structure) FROM attachment AS a
                    JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
                    WHERE a.mailbox = m.address) AS site
            FROM mailbox AS m WHERE m.address > $1 ORDER BY m.address LIMIT $2)
        SELECT json_group_array(json_array(n.id,
            CASE WHEN p.id IS NOT NULL AND (n.of_people OR s.id IS NULL) THEN p.family
                ELSE coalesce(nullif(s.name, ''), s.trade_name, '') END,
            CASE WHEN p.id IS NOT NULL AND (n.of_people OR s.id IS NULL) THEN p.given ELSE n.service END))
        FROM named AS n LEFT JOIN professional AS p ON p.id = n.holder LEFT JOIN structure AS s ON s.id = n.site";
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
