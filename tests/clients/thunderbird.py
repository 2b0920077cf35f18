#!/usr/bin/env python3
"""A real Thunderbird completes a name typed without its accents, and makes a recipient of it.

    thunderbird.py URI TYPED ADDRESS [--ca FILE.pem] [--installed FILE] [--screenshot FILE.png] [--seconds 120]

URI      the directory as a user gives it: ldap://HOST:PORT/BASE??sub?(FILTER)
TYPED    what is typed, letter by letter, in the To line of a new message
ADDRESS  the mailbox that must be suggested, and is then chosen

The directory is set as a user sets it; with --installed as an administrator does, by a policies.json or a .js file of
preferences beside the program, in which URI takes the place of the address. Thunderbird runs in an Xvfb and a profile of its own, is driven through Marionette, and ends with this script.
Exit code 0: suggested, shown and chosen. 1: not, with the reason on standard error.
"""

import argparse
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from marionette import Deadline, Failure, Marionette

# Nothing but the directory is spoken to: no first-run pages, updates, telemetry or mail server.
PREFERENCES = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "extensions.update.enabled": False,
    "intl.locale.requested": "en-US",
    "mail.inappnotifications.enabled": False,
    "mail.provider.enabled": False,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:,",
    "toolkit.startup.max_resumed_crashes": -1,
    "toolkit.telemetry.enabled": False,
    # The port is chosen by the system and written to the profile.
    "marionette.port": 0,
    # An account, so that a message can be written; its server is never asked.
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.account.account2.server": "server2",
    "mail.identity.id1.fullName": "Cabinet d'essai",
    "mail.identity.id1.useremail": "cabinet@essai.invalid",
    "mail.identity.id1.valid": True,
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.server.server1.type": "pop3",
    "mail.server.server1.hostname": "mail.invalid",
    "mail.server.server1.name": "essai",
    "mail.server.server1.userName": "cabinet",
    "mail.server.server1.check_new_mail": False,
    "mail.server.server1.login_at_startup": False,
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.name": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": "mail.invalid",
}

TRUST = """
Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(arguments[0], "C,,");
"""

OPEN = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
params.composeFields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
params.type = Ci.nsIMsgCompType.New;
params.format = Ci.nsIMsgCompFormat.PlainText;
params.identity = MailServices.accounts.defaultAccount.defaultIdentity;
MailServices.compose.OpenComposeWindowWithParams(null, params);
"""

READY = """
const compose = Services.wm.getMostRecentWindow("msgcompose");
const field = compose?.document.getElementById("toAddrInput");
if (!field || compose.document.readyState != "complete" || !compose.gMsgCompose || compose.gWindowLocked) return false;
compose.focus();
field.focus();
return compose.document.activeElement == field;
"""

# Keys go the way of real ones: through the window's text input, not into the value of the field.
KEY = """
const compose = Services.wm.getMostRecentWindow("msgcompose");
const keys = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
if (!keys.beginInputTransactionForTests(compose)) throw new Error("no text input");
const event = new compose.KeyboardEvent("", { key: arguments[0] });
keys.keydown(event);
keys.keyup(event);
"""

SUGGESTIONS = """
const compose = Services.wm.getMostRecentWindow("msgcompose");
const field = compose.document.getElementById("toAddrInput");
const popup = field.popup;
const rows = [...(popup?.richlistbox.children ?? [])].filter(row => !row.collapsed);
return {
  typed: field.value,
  open: popup?.state == "open",
  selected: popup?.selectedIndex ?? -1,
  rows: rows.map(row => ({
    text: row.getAttribute("ac-value"),
    style: row.className + " " + row.getAttribute("originaltype"),
    shown: row.getBoundingClientRect().height > 0,
  })),
};
"""

RECIPIENTS = """
const compose = Services.wm.getMostRecentWindow("msgcompose");
const pills = compose.document.querySelectorAll("#toAddrContainer mail-address-pill");
return [...pills].map(pill => pill.emailAddress);
"""


def start(command, environment, **options):
    """In a process group of its own, so that what it starts ends with it."""
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True, **options
    )


def stop(process):
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            pass
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass


def screen(folder, environment, deadline):
    """An Xvfb on a display it finds free itself; its picture lies in a file of `folder`."""
    read, write = os.pipe()
    arguments = ["-displayfd", str(write), "-screen", "0", "1280x900x24", "-fbdir", folder, "-nolisten", "tcp", "-ac"]
    process = start(["Xvfb", *arguments], environment, stderr=subprocess.DEVNULL, pass_fds=(write,))
    os.close(write)
    os.set_blocking(read, False)
    number = b""

    def told():
        nonlocal number
        try:
            number += os.read(read, 16)
        except BlockingIOError:
            pass
        if process.poll() is not None:
            raise Failure(f"Xvfb ended with {process.returncode}")
        return number.endswith(b"\n")

    try:
        deadline.until("Xvfb tells its display", told)
    except Failure:
        stop(process)
        raise
    finally:
        os.close(read)
    return process, f":{int(number)}"


def picture(folder, target):
    """The framebuffer (X window dump: header, colours, 32-bit rows) as PNG."""
    with open(os.path.join(folder, "Xvfb_screen0"), "rb") as file:
        data = file.read()
    header = struct.unpack(">25I", data[:100])
    size, width, height, line, colours = header[0], header[4], header[5], header[12], header[19]
    pixels = data[size + 12 * colours :]
    rows = bytearray()
    for y in range(height):
        row = pixels[y * line : y * line + 4 * width]
        colour = bytearray(3 * width)
        # Least significant byte first: blue, green, red, unused.
        colour[0::3], colour[1::3], colour[2::3] = row[2::4], row[1::4], row[0::4]
        rows += b"\0" + colour

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    with open(target, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(bytes(rows), 6)))
        file.write(chunk(b"IEND", b""))


def peak_megabytes(group):
    """Peak resident memory of every process of the group, summed: an upper bound, shared pages counted each time."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getpgid(int(pid)) != group:
                continue
            with open(f"/proc/{pid}/status") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        except (OSError, ValueError):
            continue
    return total // 1024


def profile(folder, preferences):
    os.makedirs(folder)
    with open(os.path.join(folder, "user.js"), "w") as file:
        for name, value in preferences.items():
            file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")


def directory(uri):
    """What the dialog "New LDAP Directory" and the tick under Address Autocompletion write."""
    return {
        "ldap_2.autoComplete.useDirectory": True,
        "ldap_2.autoComplete.directoryServer": "ldap_2.servers.annuaire",
        "ldap_2.servers.annuaire.description": "Annuaire",
        "ldap_2.servers.annuaire.filename": "ldap.sqlite",
        "ldap_2.servers.annuaire.maxHits": 100,
        "ldap_2.servers.annuaire.uri": uri,
    }


def installation(folder, file, uri):
    """The installed program, made of links, with the file of an administrator in its place; returns what to start."""
    original = "/usr/lib/thunderbird"
    os.makedirs(folder)
    for name in os.listdir(original):
        os.symlink(os.path.join(original, name), os.path.join(folder, name))
    # The program finds its folder by where its own file is, so this one is copied.
    command = os.path.join(folder, "thunderbird-bin")
    os.unlink(command)
    shutil.copy(os.path.join(original, "thunderbird-bin"), command)
    with open(file) as source:
        text = source.read()
    if file.endswith(".json"):
        policies = json.loads(text)
        preferences = policies["policies"]["Preferences"]
        for name in (name for name in preferences if name.endswith(".uri")):
            preferences[name]["Value"] = uri
        text, place = json.dumps(policies), os.path.join(folder, "distribution", "policies.json")
    else:
        text = re.sub(r'(\.uri", *)"[^"]*"', lambda found: found[1] + json.dumps(uri), text)
        os.unlink(os.path.join(folder, "defaults"))
        shutil.copytree(os.path.join(original, "defaults"), os.path.join(folder, "defaults"))
        place = os.path.join(folder, "defaults", "pref", "annuaire.js")
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "w") as target:
        target.write(text)
    return command


def port(folder, process):
    if process.poll() is not None:
        raise Failure(f"Thunderbird ended with {process.returncode}")
    try:
        with open(os.path.join(folder, "MarionetteActivePort")) as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


def complete(session, deadline, typed, address):
    """Types, waits for the suggestion, chooses it with the arrow keys; returns its text and the seconds it took."""
    session.run(OPEN)
    deadline.until("the To line of a new message takes keys", lambda: session.run(READY))
    for letter in typed:
        session.run(KEY, letter)
        time.sleep(0.05)
    began = time.monotonic()

    def suggested():
        seen = session.run(SUGGESTIONS)
        rows = [n for n, row in enumerate(seen["rows"]) if f"<{address}>" in (row["text"] or "") and row["shown"]]
        return (seen, rows[0]) if seen["open"] and rows else None

    try:
        seen, row = deadline.until(f"{address} is suggested", suggested)
    except Failure as failure:
        raise Failure(f"{failure}; the window holds {json.dumps(session.run(SUGGESTIONS), ensure_ascii=False)}") from None
    return seen["rows"][row]["text"], row, time.monotonic() - began


def choose(session, deadline, row, address):
    def selected():
        if session.run(SUGGESTIONS)["selected"] == row:
            return True
        session.run(KEY, "ArrowDown")
        return False

    deadline.until("the suggestion is selected", selected)
    session.run(KEY, "Enter")
    deadline.until(f"{address} is a recipient", lambda: address in session.run(RECIPIENTS))


def run(arguments, folder, deadline):
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    # Of its own: no settings, no keyring, no desktop of the caller; a blank screen is no reason to look for a GPU.
    environment |= {"HOME": folder, "XDG_RUNTIME_DIR": folder, "MOZ_CRASHREPORTER_DISABLE": "1", "GDK_BACKEND": "x11",
                    "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1", "MOZ_DISABLE_CONTENT_SANDBOX": "1"}
    began = time.monotonic()
    display, environment["DISPLAY"] = screen(folder, environment, deadline)
    thunderbird = None
    errors = os.path.join(folder, "errors")
    try:
        own = os.path.join(folder, "profile")
        program = "thunderbird"
        if arguments.installed:
            program = installation(os.path.join(folder, "program"), arguments.installed, arguments.uri)
        profile(own, PREFERENCES | ({} if arguments.installed else directory(arguments.uri)))
        with open(errors, "wb") as log:
            command = [program, "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", own]
            thunderbird = start(command, environment, stderr=log)
        number = deadline.until("Thunderbird opens its remote port", lambda: port(own, thunderbird))
        session = Marionette(number, deadline)
        if arguments.ca:
            with open(arguments.ca) as file:
                session.run(TRUST, "".join(line.strip() for line in file if not line.startswith("-----")))
        text, row, waited = complete(session, deadline, arguments.typed, arguments.address)
        if arguments.screenshot:
            time.sleep(0.5)
            picture(folder, arguments.screenshot)
        choose(session, deadline, row, arguments.address)
        took, memory = time.monotonic() - began, peak_megabytes(thunderbird.pid)
        print(f"typed {arguments.typed!r}: {text}")
        print(f"suggested {waited:.1f} s after the last key, {took:.1f} s in all, {memory} MB at most")
    except (Failure, OSError) as failure:
        if arguments.screenshot:
            picture(folder, arguments.screenshot)
        with open(errors, errors="replace") as log:
            tail = log.read()[-3000:]
        raise Failure(f"{failure}\n{tail}") from None
    finally:
        if thunderbird:
            stop(thunderbird)
        stop(display)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uri")
    parser.add_argument("typed")
    parser.add_argument("address")
    parser.add_argument("--ca", help="a certificate authority that this Thunderbird trusts")
    parser.add_argument("--installed", help="a policies.json or .js file of preferences")
    parser.add_argument("--screenshot")
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    for program in ("Xvfb", "thunderbird"):
        if not shutil.which(program):
            sys.exit(f"thunderbird.py: {program} is not installed")
    # A caller that gives up must not leave a Thunderbird behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("thunderbird.py: ended from outside"))
    with tempfile.TemporaryDirectory(prefix="thunderbird-", ignore_cleanup_errors=True) as folder:
        try:
            run(arguments, folder, Deadline(arguments.seconds))
        except Failure as failure:
            sys.exit(f"thunderbird.py: {failure}")


if __name__ == "__main__":
    main()
