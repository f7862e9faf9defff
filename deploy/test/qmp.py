#!/usr/bin/env python3
"""Talk to a virtual machine's monitor (QMP).

usage: qmp.py SOCKET shot FILE.png | touch X Y | scan TEXT | press KEY+KEY… | quit
    touch   a finger on the panel; X, Y: 0 to 1, from the upper left corner
    scan    letters, digits and - as a scanner types them, and Enter
    press   keys held together, by QEMU's names: ctrl+alt+f2
"""
import json
import socket
import sys
import time


class Monitor:
    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(300)
        self.connection.connect(path)
        self.lines = self.connection.makefile("rw")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                sys.exit(f"{command}: {answer['error']['desc']}")

    def touch(self, x, y):
        def finger(kind, axis="x", at=0):
            number = -1 if kind == "end" else 7
            return {"type": "mtt", "data": {"type": kind, "slot": 0, "tracking-id": number, "axis": axis, "value": at}}

        places = [finger("data", axis, int(float(at) * 32767)) for axis, at in (("x", x), ("y", y))]
        self.ask("input-send-event", events=[finger("begin"), *places])
        time.sleep(0.15)
        self.ask("input-send-event", events=[finger("end")])

    def key(self, name, down):
        self.ask("input-send-event", events=[{"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}])

    def press(self, names):
        for name in names:
            self.key(name, True)
            time.sleep(0.05)
        for name in reversed(names):
            self.key(name, False)
            time.sleep(0.05)

    def scan(self, text):
        for letter in text:
            shifted = letter.isupper()
            name = {"-": "minus"}.get(letter, letter.lower())
            for key, down in [("shift", True)] * shifted + [(name, True), (name, False)] + [("shift", False)] * shifted:
                self.key(key, down)
        self.key("ret", True)
        self.key("ret", False)


def main():
    match sys.argv[1:]:
        case [path, "shot", name]:
            Monitor(path).ask("screendump", filename=name, format="png")
        case [path, "touch", x, y]:
            Monitor(path).touch(x, y)
        case [path, "scan", text]:
            Monitor(path).scan(text)
        case [path, "press", chord]:
            Monitor(path).press(chord.split("+"))
        case [path, "quit"]:
            Monitor(path).ask("quit")
        case _:
            sys.exit(__doc__)


main()
