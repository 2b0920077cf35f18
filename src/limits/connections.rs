//! Connections one address holds at once, over all doors: nobody may take every place.

use super::{networks_of, source};
use crate::settings::LimitSettings;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Open connections by address or IPv6 network; cheap to clone, clones count together.
#[derive(Clone, Debug)]
pub struct Connections {
    settings: Arc<LimitSettings>,
    open: Arc<Mutex<HashMap<u128, usize>>>,
}

/// One connection; dropped, it is given back.
#[derive(Debug)]
pub struct Held {
    open: Arc<Mutex<HashMap<u128, usize>>>,
    network: u128,
}

impl Connections {
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        Self { settings: Arc::new(settings), open: Arc::default() }
    }

    /// Counts a connection from an address; `None` when it holds as many as it may.
    #[must_use]
    pub fn hold(&self, address: IpAddr) -> Option<Held> {
        let raised = networks_of(&self.settings, address).map(|network| network.connections);
        let most = raised.fold(self.settings.connections_per_source, usize::max);
        let network = source::network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_insert(0);
        if *count >= most {
            metrics::counter!("annuaire_limits_total", "limit" => "connections").increment(1);
            return None;
        }
        *count += 1;
        Some(Held { open: Arc::clone(&self.open), network })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::NetworkSettings;

    #[test]
    fn each_address_has_its_share_and_gives_it_back() {
        let settings = LimitSettings { connections_per_source: 2, ..LimitSettings::default() };
        let connections = Connections::new(settings);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = connections.hold(one).unwrap();
        let _second = connections.hold(one).unwrap();
        assert!(connections.hold(one).is_none());
        assert!(connections.hold(other).is_some());
        drop(first);
        assert!(connections.hold(one).is_some());
        let network = NetworkSettings { addresses: vec!["192.0.2.64/26".parse().unwrap()], connections: 3, ..NetworkSettings::default() };
        let raised = Connections::new(LimitSettings { connections_per_source: 1, networks: vec![network], ..LimitSettings::default() });
        let held: Vec<_> = (0..3).filter_map(|_| raised.hold("192.0.2.65".parse().unwrap())).collect();
        assert_eq!((held.len(), raised.hold("192.0.2.65".parse().unwrap()).is_none()), (3, true));
        drop(_second);
        assert!(connections.open.lock().unwrap().is_empty());
    }
}
