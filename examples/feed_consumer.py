#!/usr/bin/env python3
"""Keeps a copy of the directory in step: an edition of the exports once, then the change feed. The key comes from ANNUAIRE_KEY.

    feed_consumer.py https://annuaire.example copy.json [public|professional]
"""
import gzip, json, os, pathlib, sys, time, urllib.error, urllib.parse, urllib.request

BASE, FILE, AUDIENCE = sys.argv[1], pathlib.Path(sys.argv[2]), (sys.argv[3:] or ["professional"])[0]

def fetch(path, **parameters):
    url = BASE + path + "?" + urllib.parse.urlencode(parameters)
    request = urllib.request.Request(url, headers={"ESANTE-API-KEY": os.environ["ANNUAIRE_KEY"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()

def name(entry):
    return f"{entry['kind']} {entry['address'] if entry['kind'] == 'mailbox' else entry['id']}"

def begin():
    """The cursor of an edition, and what it holds."""
    edition = json.loads(fetch("/v1/exports/latest/manifest.json", audience=AUDIENCE))
    lines = gzip.decompress(fetch(f"/v1/exports/{edition['edition']}/annuaire.jsonl.gz", audience=AUDIENCE)).splitlines()
    return {"cursor": edition["cursor"], "entries": {name(entry): entry for entry in map(json.loads, lines)}}

copy = json.loads(FILE.read_text()) if FILE.exists() else begin()
while True:
    try:
        answer = fetch("/v1/changes", after=copy["cursor"], limit=1000, wait=os.environ.get("WAIT", "30"))
    except urllib.error.HTTPError as error:
        if error.code in (429, 503):
            time.sleep(5)  # asked too often, or it starts again
            continue
        if error.code != 410:
            raise
        copy = begin()  # feed_expired: away too long
        continue
    except urllib.error.URLError:
        time.sleep(5)  # nobody there: again
        continue
    *changes, last = map(json.loads, answer.splitlines())
    for change in changes:
        if change["op"] == "put":
            copy["entries"][f"{change['kind']} {change['id']}"] = change["entry"]
        else:
            copy["entries"].pop(f"{change['kind']} {change['id']}", None)
    copy["cursor"] = last["cursor"]
    beside = FILE.with_suffix(".new")
    beside.write_text(json.dumps(copy))
    beside.replace(FILE)  # changes and cursor together: a kill repeats a page at worst
    if not changes and "WAIT" in os.environ:
        break
