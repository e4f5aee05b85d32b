# What unpacks wheels: PyPA's installer and our scripts, compiled once.
let
  inputs = import ./inputs.nix;
  scripts = [
    "bytecode.py"
    "members.py"
    "wheel.py"
  ];
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
    scripts = builtins.toJSON (
      builtins.listToAttrs (
        map (name: {
          inherit name;
          value = inputs.script name;
        }) scripts
      )
    );
  };
}
