# One package from its sdist: its wheel, and what its backend answers before there is a lock.
let
  inputs = import ./inputs.nix;
in
# Type: { system, base, python, installer, package :: { name, version, file, sha256 }, index ? string,
#         locked :: { build :: [string], compiler ? bool, extensions ? bool }, build :: attrs of files,
#         compiler :: derivation } -> { wheel, requires, metadata :: derivation }
# `build` are the wheels that it may be built with, by file name.
# Example: (import ./sdist.nix { package = { name = "docopt"; … }; locked.build = [ "setuptools-….whl" ]; … }).wheel
{
  system,
  base,
  python,
  installer,
  package,
  locked,
  build,
  compiler,
}:
let
  call =
    variables:
    import ./backend.nix (
      {
        inherit system base python;
        inherit (package) name version;
        source = inputs.file package;
        requires = map (
          file:
          import ./wheel.nix {
            inherit
              system
              base
              python
              installer
              ;
            package = build.${file};
          }
        ) locked.build;
        compiler = if locked.compiler or false then compiler else null;
      }
      // variables
    );
in
{
  wheel = call { extensions = locked.extensions or false; };
  requires = call { hook = "get_requires_for_build_wheel"; };
  metadata = call { hook = "prepare_metadata_for_build_wheel"; };
}
