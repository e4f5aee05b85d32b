# One's own package: a wheel of what git tracks of it, and one that leads a shell to the files themselves.
#
# `root` is the repository's files in the store, `place` the environments' directory below it and
# `environment` the environment's; nothing of the environments is a part of a package. `locked` is
# what the lock says of the project, `requires` are the unpacked wheels that its backend needs.
let
  inputs = import ./inputs.nix;
in
# Type: { system, base, python, installer, root :: path, place :: string, environment :: string,
#         project :: attrs, locked :: attrs, requires :: [derivation],
#         compiler :: derivation | null } ->
#   { directory :: string, built, wheel :: derivation, editable :: derivation | null }
# `built` is a directory with the wheel, `wheel` what is unpacked of it.
# Example: (import ./project.nix { project.path = "../.."; locked.name = "own"; … }).wheel
{
  system,
  base,
  python,
  installer,
  root,
  place,
  environment,
  project,
  locked,
  requires,
  compiler,
}:
let
  directory = inputs.resolved (if place == "" then environment else "${place}/${environment}") project.path;
  top = if directory == "" then root else "${root}/${directory}";
  source = builtins.path {
    path = /. + top;
    name = "${locked.name}-source";
    filter =
      path: _:
      !(builtins.elem (baseNameOf path) inputs.leftBehind) && (place == "" || path != "${root}/${place}");
  };
  built =
    hook:
    import ./backend.nix {
      inherit
        system
        base
        python
        requires
        hook
        compiler
        ;
      inherit (locked) name;
      source = "${source}";
      pretend = project.version or locked.version or "";
    };
  unpacked =
    hook: version:
    import ./wheel.nix {
      inherit
        system
        base
        python
        installer
        ;
      package = {
        inherit (locked) name;
        inherit version;
        file = "${builtins.replaceStrings [ "-" ] [ "_" ] locked.name}-0-py3-none-any.whl";
        wheel = "${built hook}/wheel";
      };
    };
in
{
  inherit directory;
  built = built "build_wheel";
  wheel = unpacked "build_wheel" "own";
  editable = if locked.editable then unpacked "build_editable" "editable" else null;
}
