# Make the library and a locale. In: $compiler (a script), and what that takes; $units, $sources,
# $header, $locale (the name of the Turkish one), $out.
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

$busybox gunzip "$root/usr/share/i18n/charmaps/UTF-8.gz"
$busybox mkdir "$out/locale"
I18NPATH=$root/usr/share/i18n run "$root/usr/bin/localedef" --no-archive --force \
    --inputfile tr_TR --charmap UTF-8 "$out/locale/$locale"
