//! `annuaire serve`: answers LDAP and HTTP, in clear and over TLS, until SIGINT or SIGTERM.

use super::assembly::{Service, signalled};
use super::exit::Exit;
use super::{Context, clock, say};
use crate::import;
use crate::settings::Settings;
use crate::store::{DataDir, Store};
use std::net::SocketAddr;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    listen: Listen,
}

/// Where to listen: the flags that go before the settings.
#[derive(Debug, Clone, clap::Args)]
pub struct Listen {
    /// Address of the LDAP door (setting ldap.listen); port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    ldap: Option<SocketAddr>,
    /// Address of the HTTP door (setting http.listen); port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,
    /// Address of the LDAP door over TLS (setting ldap.listen_tls)
    #[arg(long, value_name = "ADDRESS:PORT")]
    ldaps: Option<SocketAddr>,
    /// Address of the HTTP door over TLS (setting http.listen_tls)
    #[arg(long, value_name = "ADDRESS:PORT")]
    https: Option<SocketAddr>,
}

impl Listen {
    /// The settings with these flags over them.
    pub fn over(&self, settings: &Settings) -> Settings {
        let mut settings = settings.clone();
        settings.ldap.listen = self.ldap.unwrap_or(settings.ldap.listen);
        settings.http.listen = self.http.unwrap_or(settings.http.listen);
        settings.ldap.listen_tls = self.ldaps.or(settings.ldap.listen_tls);
        settings.http.listen_tls = self.https.or(settings.http.listen_tls);
        settings
    }
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let data = context.folder()?;
    let store = Store::open(&data).await?;
    let settings = args.listen.over(&context.settings);
    let service = Service::start(&data, &store, &settings).await?;
    let addresses = service.addresses();
    say(format_args!("LDAP  ldap://{}", addresses.ldap));
    if let Some(ldaps) = addresses.ldaps {
        say(format_args!("LDAPS ldaps://{ldaps}"));
    }
    if let Some(https) = addresses.https {
        say(format_args!("HTTPS https://{https}"));
    }
    say(format_args!("HTTP  http://{}", addresses.http));
    let resumed = tokio::spawn(resume(data));
    let ended = service.run_until(signalled()).await;
    resumed.abort();
    ended?;
    say("stopped");
    Ok(Exit::Ok)
}

/// Finishes an import that was interrupted, unless another process is importing. A failure is logged and serving goes on: what is applied
/// of that import is consistent.
async fn resume(data: DataDir) {
    match import::resume(&data, &import::Silent, &clock).await {
        Ok(Some(report)) => tracing::info!(last_change = report.last_change, "an interrupted import is finished"),
        Ok(None) => {}
        Err(error) => tracing::error!(error = %error.chain(), "an interrupted import could not be finished"),
    }
}
