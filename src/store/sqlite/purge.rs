//! What may no longer be kept: rejected rows after 30 days (semantics: "Importing a national file"), mailboxes one year after their
//! closing (seed rule S58; but a flag of an administrator on an extraction mailbox holds until lifted, should the mailbox come back), the
//! note that an entry was shown one year after it went, since its key is an address, rows of the feed after 90 days, and technical traces after a year. What the journal
//! may no longer keep is `audit_retention`'s. A purge that erased anything leaves a trace of how much.

use super::super::journal::Trace;
use super::super::mailbox_rules::CLOSED_SECONDS;
use super::{Sqlite, audit_retention, commit, db, feed, notices, statements, traces};
use crate::error::Result;

const REJECTIONS_SECONDS: i64 = 30 * 24 * 3600;
const TRACES_SECONDS: i64 = 365 * 24 * 3600;

statements! {
    REJECTIONS = "DELETE FROM rejection WHERE at < $1";
    ATTACHMENTS = "DELETE FROM attachment WHERE mailbox IN
        (SELECT address FROM mailbox WHERE state = 'closed' AND closed_at < $1
            AND NOT (source = 'extraction' AND (liste_rouge OR frozen)))";
    MAILBOXES = "DELETE FROM mailbox WHERE state = 'closed' AND closed_at < $1
        AND NOT (source = 'extraction' AND (liste_rouge OR frozen))";
    GONE = "DELETE FROM published WHERE gone < $1";
    TRACES = "DELETE FROM technical_trace WHERE at < $1";
}

impl Sqlite {
    /// Number of rows erased. No change rows: a closed mailbox is published nowhere.
    pub async fn purge(&self, now: i64) -> Result<u64> {
        let mut write = self.write().await?;
        let mut counts = serde_json::Map::new();
        let mut erased = notices::erase(&mut write, now).await?;
        counts.insert("publication".to_owned(), erased.into());
        let closed_before = now - CLOSED_SECONDS;
        audit_retention::forget_mailboxes(&mut write, closed_before, now).await?;
        for (what, statement, before) in [
            ("rejections", REJECTIONS, now - REJECTIONS_SECONDS),
            ("attachments", ATTACHMENTS, closed_before),
            ("mailboxes", MAILBOXES, closed_before),
            ("published", GONE, closed_before),
            ("traces", TRACES, now - TRACES_SECONDS),
        ] {
            let done = sqlx::query(statement).bind(before).execute(&mut *write).await.map_err(db("erasing what is no longer kept"))?;
            erased += done.rows_affected();
            counts.insert(what.to_owned(), done.rows_affected().into());
        }
        let told = feed::erase(&mut write, now).await?;
        erased += told;
        counts.insert("feed".to_owned(), told.into());
        let journal = audit_retention::expire(&mut write, now).await?;
        erased += journal;
        counts.insert("journal".to_owned(), journal.into());
        if erased > 0 {
            let (actor, action) = (audit_retention::ACTOR.to_owned(), "purge".to_owned());
            traces::append(&mut write, &Trace { at: now, actor, action, detail: counts.into() }).await?;
        }
        commit(write).await?;
        Ok(erased)
    }
}
