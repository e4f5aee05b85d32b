# Unpack the compiler and let it make the library.
#
# Runs on the seed (a static busybox) alone. In: $seed, $debs, $units, $sources, $header, $out.
set -eu -o pipefail

busybox=$seed/bin/busybox
root=$TMPDIR/root

$busybox mkdir -p "$root"
for deb in $debs; do
    $busybox ar p "$deb" data.tar.xz | $busybox unxz | $busybox tar -x -o -C "$root"
done

set -- "$root"/usr/lib/gcc/*/*/cc1
compiler=$1
multiarch=$($busybox basename "${compiler%/*/cc1}")
libraries=$root/usr/lib/$multiarch:$root/lib/$multiarch
set -- "$root"/lib/"$multiarch"/ld-linux-*.so.*
loader=$1

run() {
    "$loader" --library-path "$libraries" "$@"
}

$busybox mkdir source "$out"
$busybox cp "$header" source/shim.h
for unit in $units; do
    for source in $sources; do
        case $source in *-"$unit.c") $busybox cp "$source" "source/$unit.c" ;; esac
    done
done
cd source
for unit in $units; do
    run "$compiler" -quiet -nostdinc -isystem "${compiler%/cc1}/include" \
        -isystem "$root/usr/include/$multiarch" -isystem "$root/usr/include" \
        -std=gnu17 -O2 -fPIC -fvisibility=hidden -fno-builtin -fno-stack-protector \
        -Wall -Wextra -Wno-unused-parameter -Werror "$unit.c" -o "$unit.s"
    run "$root/usr/bin/$multiarch-as" "$unit.s" -o "$unit.o"
done
run "$root/usr/bin/$multiarch-ld.bfd" -shared -z lazy -z relro -z noexecstack --hash-style=both \
    --build-id=none -soname shim.so -o "$out/shim.so" ./*.o
