#!/usr/bin/env python3
"""Run a command that may start arm64 programs, in user and mount namespaces of its own.

usage: binfmt.py QEMU_AARCH64 COMMAND [ARGUMENT ...]

The emulator (static) is registered in a binfmt_misc of these namespaces (Linux 6.7 and later), with flag F: it is
opened now, so that it serves inside other root directories. Users keep their numbers. Outside nothing changes.
"""
import ctypes
import os
import sys

NEWNS, NEWUSER = 0x20000, 0x10000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
# The head of a 64-bit little-endian ELF file for machine 183, executable or shared (as in QEMU's own list).
MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name + ": " + os.strerror(ctypes.get_errno()))


def child(emulator, command, apart, mapped):
    call("unshare", NEWUSER | NEWNS)
    os.write(apart, b"x")
    os.read(mapped, 1)
    os.setgid(0)
    os.setuid(0)
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call("mount", b"binfmt", b"/proc/sys/fs/binfmt_misc", b"binfmt_misc", 0, None)
    register = os.open("/proc/sys/fs/binfmt_misc/register", os.O_WRONLY)
    os.write(register, f":inventory-arm64:M::{MAGIC}:{MASK}:{emulator}:OCF".encode())
    os.close(register)
    os.execvp(command[0], command)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    emulator, command = os.path.abspath(sys.argv[1]), sys.argv[2:]
    (is_apart, apart), (mapped, is_mapped) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        child(emulator, command, apart, mapped)
    os.close(apart)
    if os.read(is_apart, 1) == b"x":
        for kind in ("uid_map", "gid_map"):
            with open(f"/proc/{pid}/{kind}", "w", encoding="ascii") as table:
                table.write("0 0 4294967295\n")
    os.write(is_mapped, b"x")
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
