#!/usr/bin/env python3
"""Talk to a virtual machine's monitor (QMP).

usage: qmp.py SOCKET shot FILE.png | tap X Y | quit      (X, Y: 0 to 1, from the upper left corner)
"""
import json
import socket
import sys
import time


class Monitor:
    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
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

    def tap(self, x, y):
        place = [{"type": "abs", "data": {"axis": axis, "value": int(float(at) * 32767)}} for axis, at in (("x", x), ("y", y))]
        self.ask("input-send-event", events=place)
        for down in (True, False):
            time.sleep(0.15)
            self.ask("input-send-event", events=[{"type": "btn", "data": {"button": "left", "down": down}}])


def main():
    match sys.argv[1:]:
        case [path, "shot", name]:
            Monitor(path).ask("screendump", filename=name, format="png")
        case [path, "tap", x, y]:
            Monitor(path).tap(x, y)
        case [path, "quit"]:
            Monitor(path).ask("quit")
        case _:
            sys.exit(__doc__)


main()
