# Unpack an interpreter of its own, then the Debian packages around it (base.sh), and let it close
# the tree (interpreter.py).
#
# Runs on the seed (a static busybox) alone. In: $seed, $archive, $packages (base.sh), $python (3.12),
# $out, and what base.sh takes.
set -eu -o pipefail

busybox=$seed/bin/busybox
"$busybox" mkdir -p "$TMPDIR/own" "$out/usr/bin" "$out/usr/lib"
"$busybox" tar -x -z -o -C "$TMPDIR/own" -f "$archive" || {
    echo "$archive: not a .tar.gz"
    exit 1
}
"$busybox" mv "$TMPDIR/own/python/bin/python$python" "$out/usr/bin/"
"$busybox" mv "$TMPDIR/own/python/lib/python$python" "$out/usr/lib/"
exec "$busybox" sh "$packages"
