//! The parameters of `/v1/search` as the OpenAPI document tells them; [`super::asked`] reads them, and a test holds the two together.

use crate::model::{Kind, MailboxType};
use utoipa::{IntoParams, ToSchema};

/// Criteria are joined by AND, case and accents ignored. `profession`, `specialty`, `city`, `postal_code`, `department` and
/// `organization` must hold of one same exercise or activity.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) struct SearchParameters {
    /// Free words: names, profession or specialty in everyday words, commune, département, structure, numbers, a piece of an address, a street
    #[param(max_length = 200, example = "dupont cardio lyon")]
    q: Option<String>,
    /// Family name, words by their beginning or sound
    #[param(max_length = 200, example = "dupont")]
    name: Option<String>,
    /// Given name, words by their beginning or sound, initials, short forms
    #[param(max_length = 200, example = "élodie")]
    given: Option<String>,
    /// Profession: code (TRE_G15, TRE_R94, TRE_R95), label or everyday word
    #[param(max_length = 200, example = "10")]
    profession: Option<String>,
    /// Savoir-faire: code (TRE_R38 and its sisters), label or everyday word
    #[param(max_length = 200, example = "Cardiologie")]
    specialty: Option<String>,
    /// Commune
    #[param(max_length = 200, example = "Lyon")]
    city: Option<String>,
    /// Postcode
    #[param(max_length = 200, example = "69003")]
    postal_code: Option<String>,
    /// Département: code or name
    #[param(max_length = 200, example = "69")]
    department: Option<String>,
    /// Structure: words of its name, or its id
    #[param(max_length = 200, example = "hôpital exempleville")]
    organization: Option<String>,
    /// RPPS, ADELI, FINESS or SIRET number, or a stable id
    #[param(max_length = 200, example = "10999990012")]
    identifier: Option<String>,
    /// Whole address of a mailbox, or `@domain`
    #[param(max_length = 200, example = "@ch-exempleville.mssante.fr")]
    address: Option<String>,
    /// Type of a mailbox shown (TRE_R257)
    #[param(inline, example = "PER")]
    mailbox_type: Option<MailboxType>,
    /// Dématérialisation of a mailbox shown: accepted, refused, or not stated (`unknown`)
    #[param(inline, example = "accepted")]
    zero_papier: Option<ZeroPapierParameter>,
    /// Whether a mailbox is shown
    #[param(example = true)]
    has_mailbox: Option<bool>,
    /// What is answered: `professional` and `structure` (both when absent; repeated or comma separated), with their mailboxes inside, or `mailbox`, flat
    #[param(inline, style = Form, explode, required = false, example = "professional")]
    kind: Vec<Kind>,
    /// What the matches are counted by: `true`, or any of `profession`, `specialty`, `department`, `mailbox_type`, `zero_papier`, comma separated
    #[param(max_length = 200, example = "profession,department")]
    facets: Option<String>,
    /// `relevance`; or `name`, folded; or `city`, that of the first place, then by name, those without a place last. Without an account, of the first 100 by relevance
    #[param(inline, required = false, example = "name")]
    sort: Option<SortParameter>,
    /// Entries of a page; above the maximum is an error
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: usize,
    /// `next` of the page before, with the same parameters; valid 24 hours
    #[param(max_length = 2000)]
    cursor: Option<String>,
    /// Whether to tell how the question was read, in `plan`
    #[param(example = false)]
    explain: Option<bool>,
}

/// Order of the answer.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", default = "relevance")]
#[expect(dead_code, reason = "read by the derive: documentation only")]
enum SortParameter {
    Relevance,
    Name,
    City,
}

/// Dématérialisation, as asked for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the derive: documentation only")]
enum ZeroPapierParameter {
    Accepted,
    Refused,
    Unknown,
}
