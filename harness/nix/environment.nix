# The environment: every wheel in one tree that behaves as a virtual environment does.
# Type: { name, system, base, python, wheels :: [derivation], collisions :: attrs,
#         copied ? [string] } -> derivation
# `collisions` maps a path inside the environment to the package that provides it; the files of the
# packages that `copied` names are no links.
# Example: import ./environment.nix { name = "serving"; wheels = […]; collisions = { }; … }
{
  name,
  system,
  base,
  python,
  wheels,
  collisions,
  copied ? [ ],
}:
import ./python.nix {
  inherit name system base python;
  script = "environment.py";
  variables = {
    wheels = map toString wheels;
    collisions = builtins.toJSON collisions;
    copied = builtins.toJSON copied;
    passAsFile = [
      "wheels"
      "collisions"
      "copied"
    ];
  };
}
