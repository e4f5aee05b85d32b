"""A store that a shell of root cannot write to, whom modes do not stop.

The process gets a mount namespace of its own, in which the store is bound read-only
(mount_namespaces(7)). Nix is not in the way of that: as root it remounts the store for itself.
"""

import ctypes
import os

from harness.store.nix import STORE

_NEW_MOUNTS = 0x00020000  # CLONE_NEWNS
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _SLAVE = 0x1, 0x20, 0x1000, 0x4000, 0x80000


def seal_store() -> bool:
    """Make the store read-only from here on; False if this machine does not let us."""
    libc = ctypes.CDLL(None, use_errno=True)
    store = os.fsencode(STORE)
    mounts = (
        (None, b"/", None, _RECURSIVE | _SLAVE, None),
        (store, store, None, _BIND, None),
        (None, store, None, _REMOUNT | _BIND | _READ_ONLY, None),
    )
    return libc.unshare(_NEW_MOUNTS) == 0 and all(libc.mount(*one) == 0 for one in mounts)
