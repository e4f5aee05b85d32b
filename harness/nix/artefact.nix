# What the environment makes itself for its image: a bash command line that writes $out.
let
  library = import ./inputs.nix;
in
# Type: { name, system, base, python, environment :: derivation,
#         tree :: what `source` of inputs.nix takes,
#         artefact :: { command :: string, inputs :: [string] } } -> derivation
# Example: import ./artefact.nix { name = "models"; artefact.command = "python -c … > $out"; … }
{
  name,
  system,
  base,
  python,
  environment,
  tree,
  artefact,
}:
let
  laid = library.layout tree artefact.inputs;
in
import ./python.nix {
  inherit system base python name;
  script = "command.py";
  variables = {
    inherit environment;
    inherit (laid) directory;
    kind = "artefact";
    place = "/tmp";
    line = artefact.command;
    inputs = builtins.toJSON laid.files;
  };
}
