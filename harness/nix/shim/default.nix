# The shim, compiled by Debian's C compiler from its own lock: `ci/shim-lock` writes that; and a locale
# that differs from C in its characters, collation, numbers and letter case.
#
# Type: { system ? string } -> { shim :: derivation }
# Example: (import ./shim { system = "x86_64-linux"; }).shim
{
  system ? builtins.currentSystem,
}:
let
  inputs = import ../inputs.nix;
  locked =
    (builtins.fromTOML (builtins.readFile ./lock.toml)).${system}
      or (throw "lock.toml has no compiler for ${system}");
  seed = inputs.seed locked.seed;
  source = name: builtins.toFile name (builtins.readFile (./. + "/${name}"));
  units = [
    "start"
    "clock"
    "random"
    "names"
    "files"
    "directory"
    "machine"
    "programs"
    "locale"
    "traces"
    "times"
  ];
in
{
  shim = derivation {
    name = "shim";
    inherit system seed units;
    builder = "${seed}/bin/busybox";
    args = [
      "sh"
      (source "build.sh")
    ];
    compiler = inputs.script "compiler.sh";
    debs = map inputs.file locked.debs;
    header = source "shim.h";
    locale = "tr_TR.UTF-8";
    sources = map (unit: source "${unit}.c") units;
  };
}
