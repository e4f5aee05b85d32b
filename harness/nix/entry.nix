# What the command line instantiates: one environment of a directory, for one system.
{
  environments,
  name,
  system ? builtins.currentSystem,
  revision ? "",
  untracked ? "",
  root ? "",
  place ? "",
  dirty ? "",
}:
let
  harness = import ./default.nix;
in
harness.instantiate (
  harness.read (/. + environments + "/${name}")
  // {
    inherit name system;
    untracked = if untracked == "" then { } else builtins.fromJSON (builtins.readFile (/. + untracked));
    revision = if revision == "" then null else revision;
    inherit root place;
    dirty = dirty != "";
  }
)
