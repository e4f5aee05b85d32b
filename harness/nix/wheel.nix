# One wheel, unpacked and compiled.
let
  inputs = import ./inputs.nix;
in
# Type: { system :: string, base :: derivation, python :: string, installer :: derivation,
#         package :: { name, version, file, sha256, ... } } -> derivation
# Example: import ./wheel.nix { package = { name = "a"; version = "1"; file = "…"; sha256 = "…"; }; … }
{
  system,
  base,
  python,
  installer,
  package,
}:
import ./python.nix {
  inherit
    system
    base
    python
    installer
    ;
  name = builtins.replaceStrings [ "!" ] [ "-" ] "${package.name}-${package.version}";
  script = "wheel.py";
  variables = {
    wheel = inputs.file package;
    inherit (package) file;
  };
}
