# One wheel, unpacked and compiled.
let
  inputs = import ./inputs.nix;
in
# Type: { system :: string, base :: derivation, python :: string, installer :: derivation,
#         package :: { name, version, file, sha256, ... } } -> derivation
# `wheel` of a package is a file of the store, in place of an input.
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
    wheel = package.wheel or (inputs.file package);
    inherit (package) file;
  };
}
