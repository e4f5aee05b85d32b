# Make the program, which needs no file but itself. In: $compiler (a script), and what that takes;
# $source, $out.
set -eu -o pipefail

# shellcheck source=harness/nix/builders/compiler.sh
. "$compiler"

start=$root/usr/lib/$multiarch
$busybox mkdir -p source "$out/bin"
$busybox cp "$source" source/relay.c
cd source
compile relay
link -static -o "$out/bin/relay" "$start/crt1.o" "$start/crti.o" "$tools/crtbeginT.o" relay.o \
    --start-group "$tools/libgcc.a" "$tools/libgcc_eh.a" "$start/libc.a" --end-group \
    "$tools/crtend.o" "$start/crtn.o"
