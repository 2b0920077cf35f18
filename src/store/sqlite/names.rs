//! Every entry of a kind with the words it is sorted by: the first pass of a rebuild, which lays documents out in that order.

use super::super::types::EntryName;
use super::{Sqlite, db, statements};
use crate::error::Result;
use crate::model::Kind;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

statements! {
    PROFESSIONALS = "SELECT id, family AS first, given AS second FROM professional ORDER BY id";
    STRUCTURES = "SELECT id, CASE WHEN name = '' THEN trade_name ELSE name END AS first, '' AS second FROM structure ORDER BY id";
    // People's mailboxes go by their first holder, the others by their first structure; either stands in for the other.
    MAILBOXES = "WITH named AS (
            SELECT m.address AS id, m.kind IN ('PER', 'CAB') AS of_people, m.service,
                (SELECT min(a.professional) FROM attachment AS a WHERE a.mailbox = m.address AND a.professional <> '') AS holder,
                (SELECT min(x.structure) FROM attachment AS a
                    JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
                    WHERE a.mailbox = m.address) AS site
            FROM mailbox AS m)
        SELECT n.id,
            CASE WHEN p.id IS NOT NULL AND (n.of_people OR s.id IS NULL) THEN p.family
                ELSE coalesce(nullif(s.name, ''), s.trade_name, '') END AS first,
            CASE WHEN p.id IS NOT NULL AND (n.of_people OR s.id IS NULL) THEN p.given ELSE n.service END AS second
        FROM named AS n LEFT JOIN professional AS p ON p.id = n.holder LEFT JOIN structure AS s ON s.id = n.site
        ORDER BY n.id";
}

impl Sqlite {
    pub async fn entry_names(&self, kind: Kind) -> Result<Vec<EntryName>> {
        let statement = match kind {
            Kind::Mailbox => MAILBOXES,
            Kind::Professional => PROFESSIONALS,
            Kind::Structure => STRUCTURES,
        };
        let name =
            |row: SqliteRow| Ok(EntryName { kind, id: row.try_get("id")?, first: row.try_get("first")?, second: row.try_get("second")? });
        sqlx::query(statement).try_map(name).fetch_all(&self.reader).await.map_err(db("reading names"))
    }
}
