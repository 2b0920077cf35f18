#!/usr/bin/env python3
"""Keeps a copy of the directory in step: an export once, then the change feed. The key comes from ANNUAIRE_KEY.

    feed_consumer.py https://annuaire.example copy.json
"""
import json, os, pathlib, sys, urllib.error, urllib.parse, urllib.request

BASE, FILE = sys.argv[1], pathlib.Path(sys.argv[2])

def lines(path, **parameters):
    url = BASE + path + "?" + urllib.parse.urlencode(parameters)
    request = urllib.request.Request(url, headers={"ESANTE-API-KEY": os.environ["ANNUAIRE_KEY"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [json.loads(line) for line in answer]

# {"cursor": …, "entries": {"mailbox a@b": …}}: the cursor of the export's manifest, and the entries of the export.
copy = json.loads(FILE.read_text()) if FILE.exists() else {"cursor": lines("/v1/changes")[-1]["cursor"], "entries": {}}
while True:
    try:
        *changes, last = lines("/v1/changes", after=copy["cursor"], limit=1000, wait=int(os.environ.get("WAIT", "30")))
    except urllib.error.HTTPError as error:
        sys.exit("start again from the export" if error.code == 410 else f"{error.code}: {error.read().decode()}")
    for change in changes:
        name = f"{change['kind']} {change['id']}"
        if change["op"] == "put":
            copy["entries"][name] = change["entry"]
        else:
            copy["entries"].pop(name, None)
    copy["cursor"] = last["cursor"]
    beside = FILE.with_suffix(".new")
    beside.write_text(json.dumps(copy))
    beside.replace(FILE)  # changes and cursor together: a kill repeats a page at worst
    if not changes and "WAIT" in os.environ:
        break
