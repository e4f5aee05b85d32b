# Unpack the Debian packages of a base, then let its own Python close it (base.py).
#
# Runs on the seed (a static busybox) alone. In: $seed, $debs, $tools, $script, $python (3.11),
# $multiarch (x86_64-linux-gnu), $out.
set -eu -o pipefail

busybox=$seed/bin/busybox

unpack() {
    directory=$1
    shift
    $busybox mkdir -p "$directory"
    for deb in "$@"; do
        $busybox ar p "$deb" data.tar.xz | $busybox unxz | $busybox tar -x -o -C "$directory" || {
            echo "$deb: not a Debian package with a data.tar.xz"
            exit 1
        }
    done
}

# /bin, /lib, ... become links into /usr, as on every merged Debian.
merge_usr() {
    for name in bin sbin lib lib32 lib64 libx32; do
        if [ -d "$1/$name" ] && [ ! -L "$1/$name" ]; then
            $busybox mkdir -p "$1/usr/$name"
            $busybox cp -a "$1/$name/." "$1/usr/$name/"
            $busybox rm -rf "${1:?}/$name"
        fi
        if [ -d "$1/usr/$name" ] && [ ! -L "$1/$name" ]; then
            $busybox ln -s "usr/$name" "$1/$name"
        fi
    done
}

unpack "$out" $debs
merge_usr "$out"
unpack "$TMPDIR/tools" $tools
merge_usr "$TMPDIR/tools"

libraries=$out/usr/lib/$multiarch
set -- "$libraries"/ld-linux-*.so.*
export loader=$1
export PYTHONHOME=$out/usr PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
exec "$loader" --library-path "$libraries:$TMPDIR/tools/usr/lib/$multiarch" \
    "$out/usr/bin/python$python" -s "$script"
