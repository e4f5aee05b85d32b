# One layer of an image: store paths at their own places, or files where the image has them.
# Type: { name, system, base, python, contents :: [{ source, target }], writable ? [string] } -> derivation
# Example: import ./layer.nix { name = "numpy"; contents = [ { source = "${numpy}"; target = "${numpy}"; } ]; … }
{
  name,
  system,
  base,
  python,
  contents,
  writable ? [ ],
}:
import ./python.nix {
  inherit system base python;
  name = "layer-${name}";
  script = "layer.py";
  variables = {
    contents = builtins.toJSON contents;
    writable = builtins.toJSON writable;
    passAsFile = [ "contents" ];
  };
}
