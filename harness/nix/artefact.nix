# What the environment makes itself for its image: a bash command line that writes $out.
let
  inputs = import ./inputs.nix;
in
# Type: { name, system, base, python, environment :: derivation, directory :: path,
#         artefact :: { command :: string, inputs :: [string] } } -> derivation
# Example: import ./artefact.nix { name = "models"; artefact.command = "python -c … > $out"; … }
{
  name,
  system,
  base,
  python,
  environment,
  directory,
  artefact,
}:
import ./python.nix {
  inherit system base python name;
  script = "artefact.py";
  variables = {
    inherit environment;
    inherit (artefact) command;
    inputs = builtins.toJSON (
      builtins.listToAttrs (
        map (path: {
          name = path;
          value = inputs.source directory path;
        }) artefact.inputs
      )
    );
  };
}
