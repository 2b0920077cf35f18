#!/usr/bin/env python3
"""python ldap3 against the demo: root DSE, schema, searches, bind, and what is switched on by an option.

    python_ldap3.py URI [--account DN] [--paged] [--sort] [--ca FILE] [--ldaps URI] [--certificate FILE --key FILE]

The secret of the account is in the environment as SECRET. --ca proves StartTLS on URI, --ldaps TLS from the first byte;
the certificate of a client proves SASL EXTERNAL, as the account. The first mismatch ends it with exit code 1.
"""

import argparse
import os
import ssl
import unicodedata

import ldap3
from ldap3.core.exceptions import LDAPAttributeError, LDAPSocketOpenError

BASE = "dc=mssante,dc=fr"
ADDRESS = "edouard.bechu@labo-prechamp-3.oc.mssante.fr"
MANY = "(sn=be*)"


def check(fact, what):
    if not fact:
        raise SystemExit(f"python ldap3: {what}")


def folded(text):
    return "".join(c for c in unicodedata.normalize("NFD", text).lower() if not unicodedata.combining(c))


def found(connection, question, attributes=("mail",), **more):
    connection.search(BASE, question, attributes=list(attributes), **more)
    return [e["attributes"] for e in connection.response if e["type"] == "searchResEntry"]


def server_and_schema(server):
    check(BASE in server.info.naming_contexts, f"naming contexts: {server.info.naming_contexts}")
    check("3" in map(str, server.info.supported_ldap_versions), "version 3 in the root DSE")
    schema = server.schema
    bal = schema.object_classes["mssBal"]
    check(bal.kind.lower() == "auxiliary" and set(bal.must_contain) == {"mail", "TypeBAL"}, f"mssBal: {bal}")
    check(schema.object_classes["mssBalStructure"].superior == ["top"], "mssBalStructure stands below top")
    check(schema.attribute_types["rpps"].equality == ["caseIgnoreMatch"], "rpps has an equality rule")
    check("commonName" in schema.attribute_types["cn"].name, "cn has its second name")
    # Names that a definition leads to are defined themselves.
    for kind in set(schema.object_classes[n].name[0] for n in schema.object_classes):
        for name in (schema.object_classes[kind].must_contain or []) + (schema.object_classes[kind].may_contain or []):
            check(name in schema.attribute_types, f"{kind} names {name}, which the schema does not define")


def searches(connection):
    for typed in ("edouard*bechu", "Édouard*BÉCHU", "BECHU*edouard", "bechu*villeneuve"):
        entries = found(connection, f"(&(mail=*)(cn=*{typed}*))", ["cn", "mail"])
        check([ADDRESS] in [e["mail"] for e in entries], f"{typed}: {entries}")
    entry = found(connection, f"(mail={ADDRESS})", ["cn", "sn;lang-fr", "entryUUID"])[0]
    check(entry["cn"][0].startswith("Édouard BÉCHU ("), f"the first cn tells people apart: {entry['cn']}")
    check(entry["entryUUID"], "operational attributes by name")
    check(not entry.get("sn;lang-fr"), "an option that no value has")
    check(len(found(connection, MANY, size_limit=3)) == 3, "size limit of the client")
    check(connection.result["result"] == 4, f"size limit exceeded: {connection.result}")
    check(connection.compare(f"mail={ADDRESS},ou=bal,{BASE}", "sn", "bechu"), "compare true")
    check(not connection.compare(f"mail={ADDRESS},ou=bal,{BASE}", "sn", "autre"), "compare false")
    try:
        connection.search(BASE, "(sAMAccountName=x)")
        check(False, "ldap3 reads the schema and refuses what it does not define")
    except LDAPAttributeError:
        pass


def bound(server, options):
    with ldap3.Connection(server, options.account, os.environ["SECRET"]) as connection:
        check(connection.bound, f"bind: {connection.result}")
        check(options.account in (connection.extend.standard.who_am_i() or ""), "who am I")
        check(found(connection, "(TypeBAL=APP)"), "an account sees mailboxes of applications")
    refused = ldap3.Connection(server, options.account, "wrong")
    check(not refused.bind() and refused.result["result"] == 49, f"a wrong secret: {refused.result}")


def paged(connection):
    whole = sorted(e["mail"][0] for e in found(connection, MANY))
    pages = connection.extend.standard.paged_search(BASE, MANY, attributes=["mail"], paged_size=20, paged_criticality=True)
    mails = [e["attributes"]["mail"][0] for e in pages if e["type"] == "searchResEntry"]
    check(len(whole) > 40 and sorted(mails) == whole, f"pages hold {len(mails)} of {len(whole)} entries")


def sorted_by_name(connection):
    # ldap3 has no class for this control: one key, its attribute `sn`.
    key = bytes([0x30, 0x06, 0x30, 0x04, 0x04, 0x02]) + b"sn"
    entries = found(connection, MANY, ["sn"], controls=[("1.2.840.113556.1.4.473", True, key)])
    # Of several names an entry is placed by one, and need not say by which.
    names = [folded(e["sn"][0]) for e in entries if len(e["sn"]) == 1]
    check(len(names) > 40 and names == sorted(names), f"the order of names: {names}")
    check("1.2.840.113556.1.4.474" in connection.result["controls"], "the answer to the sort control")


def secured(options):
    trusted = ldap3.Tls(ca_certs_file=options.ca, validate=ssl.CERT_REQUIRED)
    server = ldap3.Server(options.uri, tls=trusted)
    with ldap3.Connection(server, auto_bind=ldap3.AUTO_BIND_TLS_BEFORE_BIND) as connection:
        check(found(connection, f"(mail={ADDRESS})"), "a search after StartTLS")
    if options.ldaps:
        with ldap3.Connection(ldap3.Server(options.ldaps, tls=trusted), auto_bind=True) as connection:
            check(found(connection, f"(mail={ADDRESS})"), "a search over LDAPS")
        stranger = ldap3.Tls(validate=ssl.CERT_REQUIRED)
        try:
            ldap3.Connection(ldap3.Server(options.ldaps, tls=stranger), auto_bind=True)
            check(False, "a certificate of an unknown authority is refused")
        except LDAPSocketOpenError:
            pass
    if options.certificate:
        own = ldap3.Tls(options.key, options.certificate, ca_certs_file=options.ca, validate=ssl.CERT_REQUIRED)
        server = ldap3.Server(options.ldaps or options.uri, tls=own)
        when = ldap3.AUTO_BIND_NO_TLS if options.ldaps else ldap3.AUTO_BIND_TLS_BEFORE_BIND
        with ldap3.Connection(server, authentication=ldap3.SASL, sasl_mechanism=ldap3.EXTERNAL, sasl_credentials="",
                              auto_bind=when) as connection:
            check(found(connection, "(TypeBAL=APP)"), "a certificate binds as its account")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uri")
    for name in ("account", "ca", "ldaps", "certificate", "key"):
        parser.add_argument("--" + name)
    for name in ("paged", "sort"):
        parser.add_argument("--" + name, action="store_true")
    options = parser.parse_args()
    server = ldap3.Server(options.uri, get_info=ldap3.ALL)
    with ldap3.Connection(server, auto_bind=True) as connection:
        server_and_schema(server)
        searches(connection)
        if options.paged:
            paged(connection)
        if options.sort:
            sorted_by_name(connection)
    if options.account:
        bound(server, options)
    if options.ca:
        secured(options)
    print("python ldap3: all as expected")


if __name__ == "__main__":
    main()
