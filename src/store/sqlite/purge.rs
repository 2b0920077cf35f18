//! What may no longer be kept: rejected rows after 30 days (semantics: "Importing a national file"), mailboxes one year after their
//! closing (seed rule S58; but a flag of an administrator on an extraction mailbox holds until lifted, should the mailbox come back), and the note that an entry was shown one year after it went, since its key is an address. The journal is not
//! touched: it is kept ten years.

use super::super::mailbox_rules::CLOSED_SECONDS;
use super::{Sqlite, commit, db, notices, statements};
use crate::error::Result;

const REJECTIONS_SECONDS: i64 = 30 * 24 * 3600;

statements! {
    REJECTIONS = "DELETE FROM rejection WHERE at < $1";
    ATTACHMENTS = "DELETE FROM attachment WHERE mailbox IN
        (SELECT address FROM mailbox WHERE state = 'closed' AND closed_at < $1
            AND NOT (source = 'extraction' AND (liste_rouge OR frozen)))";
    MAILBOXES = "DELETE FROM mailbox WHERE state = 'closed' AND closed_at < $1
        AND NOT (source = 'extraction' AND (liste_rouge OR frozen))";
    GONE = "DELETE FROM published WHERE gone < $1";
}

impl Sqlite {
    /// Number of rows erased. No change rows: a closed mailbox is published nowhere.
    pub async fn purge(&self, now: i64) -> Result<u64> {
        let mut write = self.write().await?;
        let mut erased = notices::erase(&mut write, now).await?;
        let closed_before = now - CLOSED_SECONDS;
        for (statement, before) in
            [(REJECTIONS, now - REJECTIONS_SECONDS), (ATTACHMENTS, closed_before), (MAILBOXES, closed_before), (GONE, closed_before)]
        {
            let done = sqlx::query(statement).bind(before).execute(&mut *write).await.map_err(db("erasing what is no longer kept"))?;
            erased += done.rows_affected();
        }
        commit(write).await?;
        Ok(erased)
    }
}
