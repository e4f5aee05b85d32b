# Debian's C compiler, unpacked: sourced by a builder that runs on the seed (a static busybox) alone.
#
# In: $seed, $debs. Out: busybox, root, multiarch, and the functions below.

busybox=$seed/bin/busybox
root=$TMPDIR/root

$busybox mkdir -p "$root"
for deb in $debs; do
    $busybox ar p "$deb" data.tar.xz | $busybox unxz | $busybox tar -x -o -C "$root"
done

set -- "$root"/usr/lib/gcc/*/*/cc1
tools=${1%/cc1}
multiarch=$($busybox basename "${tools%/*}")
libraries=$root/usr/lib/$multiarch:$root/lib/$multiarch
set -- "$root"/lib/"$multiarch"/ld-linux-*.so.*
loader=$1

run() {
    "$loader" --library-path "$libraries" "$@"
}

# Make $1.o of $1.c, with the options that follow.
compile() {
    unit=$1
    shift
    run "$tools/cc1" -quiet -nostdinc -isystem "$tools/include" \
        -isystem "$root/usr/include/$multiarch" -isystem "$root/usr/include" \
        -std=gnu17 -O2 -Wall -Wextra -Werror "$@" "$unit.c" -o "$unit.s"
    run "$root/usr/bin/$multiarch-as" "$unit.s" -o "$unit.o"
}

link() {
    run "$root/usr/bin/$multiarch-ld.bfd" -z relro -z noexecstack --build-id=none "$@"
}
