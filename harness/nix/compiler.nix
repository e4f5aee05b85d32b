# What sdists are compiled with: Debian's compilers with libraries and headers of their own, closed.
let
  inputs = import ./inputs.nix;
in
# Type: { system, base, python, debs :: [file] } -> derivation
# Example: import ./compiler.nix { debs = target.compiler; … }
{
  system,
  base,
  python,
  debs,
}:
import ./python.nix {
  inherit system base python;
  name = "compiler";
  script = "toolchain.py";
  variables = {
    debs = map (deb: toString (inputs.file deb)) debs;
    passAsFile = [ "debs" ];
  };
}
