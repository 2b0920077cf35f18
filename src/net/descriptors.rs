//! File descriptors: a connection is one, and most systems start a process with fewer than it may have.

use crate::settings::Settings;

/// What store, index, logs and listeners need beside connections.
const OTHERS: usize = 256;

/// Raises the limit to what the system allows, and warns when the connections the settings allow would not fit.
pub fn raise_descriptors(settings: &Settings) {
    let wanted = settings.ldap.max_connections.saturating_add(settings.http.max_connections).saturating_add(OTHERS);
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if usize::try_from(limit).unwrap_or(usize::MAX) < wanted => {
            tracing::warn!(
                limit,
                wanted,
                "too few file descriptors for ldap.max_connections and http.max_connections: raise the limit (ulimit -n)"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(error = %error, "the limit of file descriptors could not be raised"),
    }
}
