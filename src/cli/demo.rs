//! `annuaire demo`: invented people, imported and served, and four things to try.
//!
//! The fixtures are inside the binary, so it works from any folder. It makes its data folder and marks it; a folder it did not make,
//! also one of real data, is refused, and `import` refuses a demo folder: invented and real people never meet.

use super::assembly::{Service, signalled};
use super::exit::{Exit, Refused};
use super::serve::Listen;
use super::{Context, account, clock, fixtures, now, progress, say};
use crate::directory::{Caller, Criteria, Matching, Order, Query};
use crate::error::{Result, at_path};
use crate::import::{self, Options};
use crate::model::{Audience, Kind, MailboxType};
use crate::publication::Publication;
use crate::store::{DataDir, Store};
use crate::visibility::View;
use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Written into a folder the demo made.
const MARKER: &str = "DEMO";
const ACCOUNT: &str = "demo";
const ACTOR: &str = "demo";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    listen: Listen,
}

/// Does this folder hold the demo's invented people?
pub fn is_demo(data: &DataDir) -> bool {
    data.root().join(MARKER).is_file()
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    context.outside_production("demo")?;
    let data = folder(context)?;
    fill(&data).await?;
    let store = Store::open(&data).await?;
    let secret = first_account(&store).await?;
    let service = Service::start(&data, &store, &args.listen.over(&context.settings)).await?;
    if !service.opened(Duration::from_secs(120)).await {
        say(format_args!("not searchable yet: {}", service.gate().reason()));
    }
    introduce(&service, secret.as_deref()).await?;
    service.run_until(signalled()).await?;
    say("stopped; the same command starts it again");
    Ok(Exit::Ok)
}

/// A folder the demo may use: a new one, an empty one, or its own.
fn folder(context: &Context) -> anyhow::Result<DataDir> {
    let path = &context.data;
    let empty = || path.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    let own = path.join(MARKER).is_file();
    if path.exists() && !own && !empty() {
        let message = format!("{} was not made by the demo; name another folder (--data)", path.display());
        return Err(Refused(message).into());
    }
    let data = context.folder()?;
    let marker = data.root().join(MARKER);
    std::fs::write(&marker, "invented people; made by annuaire demo\n").map_err(at_path(&marker))?;
    Ok(data)
}

/// Loads the fixtures once. Stopped half-way, the next start finishes: every step may be repeated.
async fn fill(data: &DataDir) -> anyhow::Result<()> {
    let done = data.root().join("DEMO.loaded");
    if done.is_file() {
        return Ok(());
    }
    load(data).await?;
    std::fs::write(&done, "").map_err(at_path(&done))?;
    Ok(())
}

/// Imports the embedded official files, then the embedded mailboxes of operators.
pub async fn load(data: &DataDir) -> anyhow::Result<()> {
    let folder = data.root().join("demo-files");
    let paths = write_files(&folder)?;
    let progress = progress::for_terminal();
    import::resume(data, progress.as_ref(), &clock).await?;
    import::run(data, &paths, &Options::default(), progress.as_ref(), &clock).await.context("importing the fixtures")?;
    let store = Store::open(data).await?;
    let publication = Publication::new(store.clone());
    for file in fixtures::MAILBOXES {
        let report = publication.load_lines(file.operator, file.lines, ACTOR, now()).await?;
        anyhow::ensure!(
            report.counters.rejected == 0,
            "{} fixture lines of operator {} are rejected",
            report.counters.rejected,
            file.operator
        );
    }
    store.close().await;
    std::fs::remove_dir_all(&folder).map_err(at_path(&folder))?;
    Ok(())
}

fn write_files(folder: &std::path::Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).map_err(at_path(folder))?;
    let mut paths = Vec::new();
    for (name, bytes) in fixtures::FILES {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(at_path(&path))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Adds the demo's account and returns its secret; `None` when an earlier start made it.
async fn first_account(store: &Store) -> anyhow::Result<Option<String>> {
    if store.accounts().await?.iter().any(|known| known.name == ACCOUNT) {
        return Ok(None);
    }
    account::add(store, ACCOUNT, Audience::Professional).await.map(Some)
}

/// Someone of the fixtures to look for: asked of the directory itself, so that the example is found.
struct Example {
    family: String,
    city: String,
}

/// Prefers a person whose entry is plain ASCII, because ldapsearch prints other values in base64.
async fn example(service: &Service) -> Result<Option<Example>> {
    let criteria = Criteria { mailbox_type: Some(MailboxType::Per), has_mailbox: Some(true), ..Criteria::default() };
    let query = Query {
        kinds: vec![Kind::Professional],
        matching: Matching::Criteria(criteria),
        order: Order::Name,
        limit: 500,
        after: None,
        count: false,
        facets: false,
    };
    let answer = service.directory().search(&Caller::local(Audience::Public), query, Duration::from_secs(10)).await?;
    let mut fallback = None;
    for hit in &answer.hits {
        let published = hit.published()?;
        let View::Professional(view) = published.view() else { continue };
        let practices = published.view().practices();
        let [practice] = practices.as_slice() else { continue };
        let city = practice.organization.map(|organization| organization.city.clone()).unwrap_or_default();
        let family = view.person.family_name.clone();
        if !one_word(&family) || !one_word(&city) {
            continue;
        }
        let example = Example { family: family.to_lowercase(), city: city.to_lowercase() };
        let labels = practice.specialties.iter().map(|specialty| &specialty.label).chain(practice.profession.map(|coded| &coded.label));
        if view.person.given_name.is_ascii() && labels.into_iter().all(|label| label.is_ascii()) {
            return Ok(Some(example));
        }
        fallback.get_or_insert(example);
    }
    Ok(fallback)
}

fn one_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic())
}

async fn introduce(service: &Service, secret: Option<&str>) -> anyhow::Result<()> {
    let (ldap, http) = (service.ldap_address(), service.http_address());
    say(format_args!("Invented people only. LDAP on {ldap}, HTTP on {http}; Ctrl-C stops.\n"));
    let addresses = service.addresses();
    if let Some(ldaps) = addresses.ldaps {
        say(format_args!("LDAP over TLS on {ldaps}"));
    }
    if let Some(https) = addresses.https {
        say(format_args!("HTTP over TLS on {https}"));
    }
    match secret {
        Some(secret) => say(format_args!(
            "account  uid={ACCOUNT},ou=comptes,dc=mssante,dc=fr\nsecret   {secret}   (shown this once: bind password and HTTP bearer)\n"
        )),
        None => {
            say(format_args!("account  {ACCOUNT}: its secret was shown at the first start; `annuaire account add NAME` makes another\n"))
        }
    }
    if let Some(example) = example(service).await? {
        say(four_things(ldap, http, &example));
    }
    Ok(())
}

fn four_things(ldap: SocketAddr, http: SocketAddr, example: &Example) -> String {
    let Example { family, city } = example;
    format!(
        "Four things to try:\n\
         1  in a browser  http://{http}/?q={family}+{city}\n\
         2  ldapsearch -x -H ldap://{ldap} -b dc=mssante,dc=fr '(cn=*{family}*{city}*)' cn mail\n\
         3  curl 'http://{http}/v1/search?q={family}+{city}'      (all of it: http://{http}/docs)\n\
         4  Thunderbird: address book, new LDAP directory, host {host}, port {port}, base DN dc=mssante,dc=fr;\n   \
            then write a message and type \"{family} {city}\"   (ldap://{ldap}/dc=mssante,dc=fr??sub?(mail=*))\n",
        host = ldap.ip(),
        port = ldap.port(),
    )
}
