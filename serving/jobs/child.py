"""Starts a command that ends with its parent process: `python child.py PARENT COMMAND...`, PARENT being its process id.

On Linux the kernel kills the command when the parent ends, even by SIGKILL; elsewhere the command just starts. A file
run by its path, which imports nothing of the platform: it costs a bare interpreter.
"""

import ctypes
import os
import signal
import sys

#: `prctl(2)`: the signal that this process gets when its parent ends; it stays in force after `execve`.
PR_SET_PDEATHSIG = 1


def start(parent: int, command: list[str]) -> None:
    """Become the command.

    Raises:
        OSError: the kernel refuses, or the command cannot be started.
    """
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # it ended before the kernel was asked
            return
    os.execv(command[0], command)


if __name__ == "__main__":
    start(int(sys.argv[1]), sys.argv[2:])
