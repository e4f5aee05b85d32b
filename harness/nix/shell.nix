# What `nix develop` enters: a bash of the base whose set-up script knows the environment.
#
# `nix develop` runs the derivation's builder with a script of its own that sources $stdenv/setup
# and keeps the variables; the derivation itself builds to the set-up script.
# Type: { name, system, base, python, environment :: derivation } -> derivation
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
  builder = "${base}/bin/bash";
  args = [
    "-c"
    ''echo "source $stdenv/setup" > $out''
  ];
}
