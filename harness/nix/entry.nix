# What the command line instantiates: one environment of a directory, for one system.
{
  environments,
  name,
  system ? builtins.currentSystem,
  revision ? "",
}:
let
  harness = import ./default.nix;
in
harness.instantiate (
  harness.read (/. + environments + "/${name}")
  // {
    inherit name system;
    revision = if revision == "" then null else revision;
  }
)
