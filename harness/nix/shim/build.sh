# Make the library. In: $compiler (a script), and what that takes; $units, $sources, $header, $out.
set -eu -o pipefail

# shellcheck source=harness/nix/builders/compiler.sh
. "$compiler"

$busybox mkdir source "$out"
$busybox cp "$header" source/shim.h
for unit in $units; do
    for source in $sources; do
        case $source in *-"$unit.c") $busybox cp "$source" "source/$unit.c" ;; esac
    done
done
cd source
for unit in $units; do
    compile "$unit" -fPIC -fvisibility=hidden -fno-builtin -fno-stack-protector \
        -Wno-unused-parameter
done
link -shared -z lazy --hash-style=both -soname shim.so -o "$out/shim.so" ./*.o
