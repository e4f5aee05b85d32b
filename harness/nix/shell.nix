# What `nix develop` enters.
#
# `nix develop` runs the derivation's builder (a bash) with a script of its own that sources
# $stdenv/setup and keeps the variables it finds; in the shell it then runs $shellHook, where alone
# the machine's own variables are seen. The derivation itself builds to a script that enters.
# With a `project`, whose files the shell is to see, it looks for them from the current directory
# upwards: where `marker` is, `directory` is the project's.
# Type: { name, system, base, python, environment :: derivation,
#         project ? { marker, directory } | null } -> derivation
# Example: import ./shell.nix { name = "serving"; environment = …; inherit system base python; }
{
  name,
  system,
  base,
  python,
  environment,
  project ? null,
}:
let
  inherit (import ./inputs.nix) quoted;
  stdenv = import ./python.nix {
    inherit system base python;
    name = "${name}-setup";
    script = "setup.py";
    variables = { inherit environment; };
  };
  found =
    if project == null then
      ""
    else
      ''
        HARNESS_PROJECT=$PWD
        while [ -n "$HARNESS_PROJECT" ] && [ ! -e "$HARNESS_PROJECT"${quoted "/${project.marker}"} ]; do
            HARNESS_PROJECT=''${HARNESS_PROJECT%/*}
        done
        if [ -n "$HARNESS_PROJECT" ]; then
            export HARNESS_PROJECT=$HARNESS_PROJECT${if project.directory == "" then "" else quoted "/${project.directory}"}
        else
            unset HARNESS_PROJECT
        fi
      '';
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
  shellHook = "${found}source ${stdenv}/enter";
}
