# A derivation that one of our Python scripts builds, on the base's own bash and interpreter.
let
  inputs = import ./inputs.nix;
in
# Type: { name, system, base, python, script :: string, variables :: attrs, installer ? derivation }
#   -> derivation
# With an installer, the script is the one that is compiled there, and `main` of it is called.
# Example: import ./python.nix { name = "a"; script = "environment.py"; variables = { … }; … }
{
  name,
  system,
  base,
  python,
  script,
  variables,
  installer ? null,
}:
let
  module = builtins.head (builtins.match "(.*)[.]py" script);
  compiled = {
    PYTHONPATH = installer;
    run = "from harness.nix.builders.${module} import main; main()";
  };
in
derivation (
  variables
  // (if installer == null then { script = inputs.script script; } else compiled)
  // {
    inherit name system base python;
    builder = "${base}/bin/bash";
    args = [
      "-c"
      (
        if installer == null then
          ''exec "$base/usr/bin/python$python" -s -B "$script"''
        else
          ''exec "$base/usr/bin/python$python" -s -S -B -c "$run"''
      )
    ];
    PYTHONHASHSEED = "0";
  }
)
