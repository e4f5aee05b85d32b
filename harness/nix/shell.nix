# What `nix develop` enters.
#
# `nix develop` runs the derivation's builder (a bash) with a script of its own that sources
# $stdenv/setup and keeps the variables it finds; in the shell it then runs $shellHook, where alone
# the machine's own variables are seen. The derivation itself builds to a script that enters.
# Type: { name, system, base, python, environment :: derivation } -> derivation
# Example: import ./shell.nix { name = "serving"; environment = …; inherit system base python; }
{
  name,
  system,
  base,
  python,
  environment,
}:
let
  stdenv = import ./python.nix {
    inherit system base python;
    name = "${name}-setup";
    script = "setup.py";
    variables = { inherit environment; };
  };
in
derivation {
  name = "${name}-shell";
  inherit system stdenv;
  outputs = [ "out" ];
  builder = "${base}/bin/bash";
  args = [
    "-c"
    ''echo "source $stdenv/enter" > $out''
  ];
  shellHook = "source ${stdenv}/enter";
}
