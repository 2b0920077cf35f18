"""Mozilla's remote protocol, as far as a test needs it, and the one deadline that bounds everything."""

import json
import socket
import time


class Failure(Exception):
    """What did not happen, in words for the reader of a test."""


class Deadline:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.1, self.end - time.monotonic())

    def until(self, what, question, pause=0.1):
        """Asks until the answer is true; the deadline bounds the whole run."""
        answer = None
        while time.monotonic() < self.end:
            answer = question()
            if answer:
                return answer
            time.sleep(pause)
        raise Failure(f"{what}: not in time; last answer {answer!r}")


class Marionette:
    """The little of Mozilla's remote protocol that is needed: length, colon, JSON."""

    def __init__(self, port, deadline):
        self.deadline = deadline
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=deadline.left())
        self.buffer = b""
        self.number = 0
        self.receive()
        self.call("WebDriver:NewSession", {})
        self.call("Marionette:SetContext", {"value": "chrome"})

    def more(self):
        self.socket.settimeout(self.deadline.left())
        data = self.socket.recv(65536)
        if not data:
            raise Failure("Thunderbird closed the remote connection")
        self.buffer += data

    def receive(self):
        while b":" not in self.buffer:
            self.more()
        length, _, self.buffer = self.buffer.partition(b":")
        while len(self.buffer) < int(length):
            self.more()
        message, self.buffer = self.buffer[: int(length)], self.buffer[int(length) :]
        return json.loads(message)

    def call(self, name, parameters):
        self.number += 1
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        while True:
            answer = self.receive()
            if answer[:2] == [1, self.number]:
                break
        if answer[2]:
            raise Failure(f"{name}: {answer[2]['error']}: {answer[2]['message']}")
        return answer[3]

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteScript", {"script": script, "args": list(arguments), "sandbox": "system"})["value"]
