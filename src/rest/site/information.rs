//! Pages of prose: how to leave, how software asks, how accessible this is.

use super::super::LdapPorts;
use super::super::router::Shared;
use super::layout::{Page, prose};
use crate::settings::{Cleartext, Settings};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::net::{IpAddr, Ipv6Addr};

pub(super) async fn opting_out(State(api): State<Shared>) -> Response {
    let text = html! {
        p .lead { "Trois choses se demandent, chacune à celui qui la tient. Aucune ne se fait ici\u{a0}: cet annuaire répète ce qu'on lui "
        "donne." }
        h2 { "Retirer son adresse\u{a0}: la liste rouge" }
        p {
            "Demandez à l'opérateur de votre messagerie MSSanté (votre ordre, votre éditeur, votre établissement ou Mailiz) de mettre "
            "votre boîte en "
            strong { "liste rouge" } ". L'opérateur transmet l'indicateur\u{202f}; la boîte quitte alors les recherches, les comptes et les "
            "fichiers. Elle "
            "continue de fonctionner\u{a0}: ceux qui ont votre adresse peuvent vous écrire."
        }
        ul {
            li { "Si l'opérateur publie ici directement, l'effet est immédiat dans les recherches, et le lendemain dans les fichiers." }
            li { "S'il passe par l'extraction nationale, l'adresse disparaît avec la prochaine extraction." }
            li { "Les autorités sanitaires peuvent encore vous adresser une alerte\u{202f}; elles ne publient pas l'adresse." }
        }
        p { "L'opérateur est celui du domaine, ce qui suit le signe @\u{a0}: la "
        "" a href="/v1/domains?limit=1000" { "liste des domaines" } " le nomme." }
        h2 { "Retirer son téléphone" }
        p { "Le numéro attaché à une boîte se retire de la même façon, auprès de l'opérateur (opposition à la publication du téléphone)." }
        h2 #zero-papier { "Zéro papier" }
        p {
            "«\u{a0}Zéro papier accepté\u{a0}» dit que le titulaire ne veut plus recevoir sur papier ce qui lui arrive déjà par messagerie "
            "sécurisée. "
            "L'indicateur se change auprès de l'opérateur. Sans indication, aucune mention n'est affichée."
        }
        h2 #corriger { "Faire corriger sa fiche" }
        p {
            "Le nom, la profession, les spécialités et les lieux d'exercice viennent du RPPS\u{a0}: la correction se demande à votre ordre "
            "ou, sans ordre, à "
            "l'agence régionale de santé. Ces données sont publiques par la loi\u{202f}; elles ne peuvent pas être effacées d'ici."
        }
    };
    let content = prose("Ne plus y figurer", &text);
    Page { title: "Ne plus y figurer", path: "/ne-plus-y-figurer", public_address: api.public_address(), listed: true, content }
        .into_response()
}

/// Where LDAP is spoken, as far as this server knows: a proxy or a container may show other ports.
struct Ldap {
    host: String,
    /// In clear or by StartTLS; over TLS from the first byte.
    clear: u16,
    tls: Option<u16>,
    /// How a connection to the port begins.
    how: &'static str,
}

impl Ldap {
    fn of(settings: &Settings, ports: &LdapPorts, host: &Host) -> Self {
        let how = match (settings.ldap.listen_tls, &settings.net.tls.certificate, settings.net.cleartext) {
            (Some(_), ..) => "SSL/TLS",
            (None, Some(_), _) => "StartTLS",
            (None, None, Cleartext::Loopback) => "sans TLS, depuis la machine du serveur seulement",
            (None, None, Cleartext::Anywhere) => "sans TLS",
        };
        let ports = ports.get();
        let clear = ports.map_or(settings.ldap.listen.port(), |(clear, _)| clear);
        let tls = ports.map_or(settings.ldap.listen_tls.map(|address| address.port()), |(_, tls)| tls);
        Self { host: host.name.clone(), clear, tls, how }
    }

    fn port(&self) -> u16 {
        match self.tls.unwrap_or(self.clear) {
            0 if self.tls.is_some() => 636,
            0 => 389,
            port => port,
        }
    }

    fn url(&self) -> String {
        format!("{}://{}:{}/dc=mssante,dc=fr??sub?(mail=*)", if self.tls.is_some() { "ldaps" } else { "ldap" }, self.host, self.port())
    }
}

pub(super) async fn software(State(api): State<Shared>, headers: HeaderMap) -> Response {
    let public = api.public_address();
    let host = Host::of(public, &headers);
    let ldap = Ldap::of(&api.service.settings, &api.service.ldap_ports, &host);
    let text = html! {
        p .lead { "La messagerie complète les adresses par LDAP\u{202f}; les logiciels métier cherchent par l'API. Les deux sont ouverts à "
        "tous, sans clé." }
        h2 { "Dans une messagerie" }
        p { "Ajoutez un annuaire LDAP, avec ces réglages\u{a0}:" }
        dl {
            dt { "Serveur" } dd { code { (ldap.host) } }
            dt { "Port" } dd { code { (ldap.port()) } }
            dt { "Chiffrement" } dd { (ldap.how) }
            dt { "Base" } dd { code { "dc=mssante,dc=fr" } " (base DN, base de recherche)" }
            dt { "Étendue" } dd { "sous-arbre" }
            dt { "Filtre" } dd { code { "(mail=*)" } ", si la messagerie en demande un" }
            dt { "Identifiant" } dd { "aucun" }
            dt { "En une ligne" } dd { code { (ldap.url()) } }
        }
        (mail_clients())
        h2 { "Dans un logiciel" }
        p { "La même recherche que sur cette page, en JSON, avec les mêmes paramètres\u{a0}:" }
        pre tabindex="0" { code { "curl '" (public.map_or_else(|| host.origin(), str::to_owned)) "/v1/search?q=dupont+lyon&has_mailbox=true'" } }
        ul {
            li { a href="/docs/" { "La documentation" } " décrit et essaie chaque appel\u{202f}; "
            "" a href="/openapi.json" { "openapi.json" } " en est la description." }
            li { "Les " a href="/donnees" { "fichiers du jour" } " évitent de parcourir l'annuaire page par page." }
        }
        h2 { "Avec un compte" }
        p {
            "Un logiciel identifié, par un secret ou un certificat, lit de plus longues listes et voit aussi les boîtes applicatives. "
            "L'exploitant de ce "
            "serveur crée le compte. Sans compte, une recherche montre cent fiches au plus, et le nombre d'adresses montrées par heure "
            "est borné."
        }
    };
    let content = prose("Dans vos logiciels", &text);
    Page { title: "Dans vos logiciels", path: "/api", public_address: api.public_address(), listed: true, content }.into_response()
}

fn mail_clients() -> Markup {
    html! {
        details { summary { "Thunderbird" } p {
            "Carnet d'adresses, Nouveau carnet, Ajouter un annuaire LDAP\u{202f}; puis Paramètres, Rédaction, Adressage\u{a0}: cochez Serveur "
            "d'annuaire."
        } }
        details { summary { "Outlook pour Windows (classique)" } p {
            "Paramètres du compte, Carnets d'adresses, Nouveau, Service d'annuaire Internet (LDAP)\u{202f}; Paramètres supplémentaires pour le "
            "port et la base. "
            "Le nouvel Outlook n'a pas d'annuaire LDAP."
        } }
        details { summary { "Contacts d'Apple (macOS, iOS)" } p { "Réglages, Comptes, Ajouter un autre compte, Compte LDAP\u{202f}; puis "
        "Réglages de recherche pour la base." } }
        details { summary { "Evolution, Roundcube, SOGo" } p { "Nouveau carnet d'adresses de type LDAP\u{202f}; pour les webmails, dans la "
        "configuration du serveur." } }
    }
}

pub(super) async fn accessibility(State(api): State<Shared>) -> Response {
    let text = html! {
        p .lead { "Ces pages sont faites pour être utilisées au clavier, avec un lecteur d'écran, agrandies, sans script et sur papier." }
        h2 { "État" }
        p {
            "Elles visent le référentiel général d'amélioration de l'accessibilité (RGAA 4.1) et les WCAG 2.2 au niveau AA. Chaque "
            "modification est vérifiée "
            "par des essais automatiques dans un navigateur\u{a0}: règles d'axe-core sur chaque sorte de page, en clair et en sombre, sur "
            "l'écran d'un téléphone et à l'impression, recherche au clavier seul, fonctionnement sans script. Aucun audit complet par des personnes n'a encore été fait\u{a0}: ces pages "
            "ne se déclarent donc "
            "pas conformes."
        }
        h2 { "Contenus dont l'accessibilité est moindre" }
        ul {
            li { "La " a href="/docs/" { "documentation de l'API" } " est produite par Swagger UI, en anglais, et demande JavaScript. Le "
            "fichier openapi.json dit la même chose." }
            li { "Les noms et libellés sont ceux des fichiers officiels, parfois en capitales ou abrégés." }
        }
        h2 { "Signaler une difficulté" }
        p {
            "Écrivez à l'exploitant de ce serveur en indiquant la page et ce qui vous a arrêté. Sans réponse satisfaisante, vous pouvez "
            "saisir le "
            a href="https://formulaire.defenseurdesdroits.fr/" { "Défenseur des droits" } "."
        }
    };
    let content = prose("Accessibilité", &text);
    Page { title: "Accessibilité", path: "/accessibilite", public_address: api.public_address(), listed: true, content }.into_response()
}

/// The name this server was asked under, with HTTP's own port. It stands in lines that people paste into a shell: what is not plainly a host
/// (letters, digits, hyphens, dots; an IPv6 address in brackets) is not repeated.
#[derive(Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// That of the public address, else as the client says.
    fn of(public: Option<&str>, headers: &HeaderMap) -> Self {
        let public = public.and_then(|address| address.split_once("://")).map(|(_, host)| host);
        let given = public.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
        given.and_then(Self::parse).unwrap_or_else(|| Self { name: "annuaire.example.org".to_owned(), port: None })
    }

    fn parse(host: &str) -> Option<Self> {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !host.ends_with(']') => {
                (name, Some(port.parse().ok().filter(|_| port.bytes().all(|byte| byte.is_ascii_digit()))?))
            }
            _ => (host, None),
        };
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        let valid = match name.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
            None => plain(name) && name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.len() <= 253,
        };
        valid.then(|| Self { name: name.to_owned(), port })
    }

    /// Where this server is asked: without TLS only on its own machine.
    fn origin(&self) -> String {
        let address = self.name.trim_matches(['[', ']']).parse::<IpAddr>();
        let own = self.name == "localhost" || address.is_ok_and(|address| address.is_loopback());
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", if own { "http" } else { "https" }, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_name_is_repeated() {
        let of = |value: &'static str| Host::of(None, &HeaderMap::from_iter([(HOST, HeaderValue::from_static(value))]));
        for (given, name, origin) in [
            ("annuaire.fr:8080", "annuaire.fr", "https://annuaire.fr:8080"),
            ("annuaire.fr", "annuaire.fr", "https://annuaire.fr"),
            ("[::1]:80", "[::1]", "http://[::1]:80"),
            ("[2001:db8::1]", "[2001:db8::1]", "https://[2001:db8::1]"),
            ("127.0.0.1:8080", "127.0.0.1", "http://127.0.0.1:8080"),
        ] {
            assert_eq!((of(given).name.as_str(), of(given).origin().as_str()), (name, origin), "{given}");
        }
        let asked = HeaderMap::from_iter([(HOST, HeaderValue::from_static("10.0.0.7:8080"))]);
        assert_eq!(Host::of(Some("https://annuaire.fr"), &asked).origin(), "https://annuaire.fr");
        let hostile = [
            "x'; touch /tmp/pwn #",
            "a.fr:80'; true #",
            "a.fr:+80",
            "a.fr:99999",
            "a\"><b",
            "a_b.fr",
            "-x.fr",
            "[a'b]:80",
            "[::1",
            "::1",
            ":80",
            "",
        ];
        for given in hostile {
            assert_eq!(of(given).origin(), "https://annuaire.example.org", "{given}");
        }
    }
}
