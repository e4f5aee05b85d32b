# A wheel made of a source tree by its PEP 517 backend, normalised (builders/backend.py says how).
#
# `source` is an sdist (.tar.gz, .zip) or a directory in the store; `directory` is where below it the
# project stands. `requires` are unpacked wheels (wheel.nix): what the backend needs and nothing else.
# `compiler` (compiler.nix) is what the backend may compile with; with `extensions` a wheel without
# compiled code is refused. `pretend` is the version that a backend takes in place of asking git. The output is a directory: the
# wheel under its own name, and `wheel`, a link to it, for wheel.nix. With another `hook` of PEP 517
# (get_requires_for_build_wheel, prepare_metadata_for_build_wheel) it is what that answers: a JSON list,
# or METADATA. build_editable makes a wheel that leads to the files below $HARNESS_PROJECT.
# Type: { name, system, base, python, source, requires :: [derivation], version ? string,
#         directory ? string, hook ? string, config ? attrs, pretend ? string,
#         compiler ? derivation, extensions ? bool } -> derivation
# Example: import ./backend.nix { name = "docopt"; version = "0.6.2"; source = inputs.file sdist; … }
{
  name,
  system,
  base,
  python,
  source,
  requires,
  version ? "",
  directory ? ".",
  hook ? "build_wheel",
  config ? { },
  pretend ? "",
  compiler ? null,
  extensions ? false,
}:
let
  inputs = import ./inputs.nix;
  part = builtins.replaceStrings [ "!" ] [ "-" ] (if version == "" then name else "${name}-${version}");
  kind =
    {
      build_wheel = "built";
      build_editable = "editable";
      prepare_metadata_for_build_wheel = "metadata";
      get_requires_for_build_wheel = "requires";
    }
    .${hook};
in
import ./python.nix {
  inherit system base python;
  name = "${part}-${kind}";
  script = "backend.py";
  variables = (if compiler == null then { } else { inherit compiler; }) // {
    inherit
      source
      directory
      hook
      version
      pretend
      ;
    package = name;
    extensions = if extensions then "1" else "";
    place = "/tmp";
    config = builtins.toJSON config;
    hooks = inputs.script "hooks.py";
    editable = inputs.script "editable.py";
    environment = import ./environment.nix {
      inherit system base python;
      name = "${part}-backend";
      wheels = requires;
      collisions = { };
    };
    allowedReferences = [ ];
  };
}
