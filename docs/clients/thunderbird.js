// Annuaire as an LDAP directory of every user of this Thunderbird: see thunderbird.md for where this file belongs.
pref("ldap_2.servers.annuaire.description", "Annuaire", locked);
pref("ldap_2.servers.annuaire.filename", "annuaire.sqlite", locked);
pref("ldap_2.servers.annuaire.maxHits", 100, locked);
pref("ldap_2.servers.annuaire.uri", "ldaps://annuaire.example.org/dc=mssante,dc=fr??sub?(mail=*)", locked);
pref("ldap_2.autoComplete.useDirectory", true);
pref("ldap_2.autoComplete.directoryServer", "ldap_2.servers.annuaire");
