# The relay of an arm: one static program, by the compiler that makes the shim.
#
# Type: { system ? string } -> { relay :: derivation }
# Example: (import ./relay { system = "x86_64-linux"; }).relay
{
  system ? builtins.currentSystem,
}:
let
  inputs = import ../inputs.nix;
  locked =
    (builtins.fromTOML (builtins.readFile ../shim/lock.toml)).${system}
      or (throw "lock.toml has no compiler for ${system}");
  seed = inputs.seed locked.seed;
  isOfCompiler =
    deb:
    !builtins.elem deb.package [
      "libc-bin"
      "locales"
    ];
in
{
  relay = derivation {
    name = "relay";
    inherit system seed;
    builder = "${seed}/bin/busybox";
    args = [
      "sh"
      (builtins.toFile "build.sh" (builtins.readFile ./build.sh))
    ];
    compiler = inputs.script "compiler.sh";
    debs = map inputs.file (builtins.filter isOfCompiler locked.debs);
    source = builtins.toFile "relay.c" (builtins.readFile ./relay.c);
  };
}
