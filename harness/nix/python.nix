# A derivation that one of our Python scripts builds, on the base's own bash and interpreter.
let
  inputs = import ./inputs.nix;
in
# Type: { name, system, base, python, script, variables :: attrs } -> derivation
# Example: import ./python.nix { name = "a-1"; script = "wheel.py"; variables = { wheel = …; }; … }
{
  name,
  system,
  base,
  python,
  script,
  variables,
}:
derivation (
  variables
  // {
    inherit name system base python;
    builder = "${base}/bin/bash";
    args = [
      "-c"
      ''exec "$base/usr/bin/python$python" -s -B "$script"''
    ];
    script = inputs.script script;
    PYTHONHASHSEED = "0";
  }
)
