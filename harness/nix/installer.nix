# PyPA's installer, unpacked: what unpacks every wheel.
let
  inputs = import ./inputs.nix;
in
# Type: { system :: string, base :: derivation, python :: string, locked :: file } -> derivation
# Example: import ./installer.nix { locked = lock.tool.harness.installer; … }
{
  system,
  base,
  python,
  locked,
}:
import ./python.nix {
  inherit system base python;
  name = "installer";
  script = "installer.py";
  variables = {
    wheel = inputs.file locked;
    bytecode = inputs.script "bytecode.py";
  };
}
