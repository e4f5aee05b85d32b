# The checks of an environment as derivations: hermetic, cached, part of `nix flake check`.
# A command that somebody wrote runs in a derivation that says how it ended; the check itself fails
# where it failed.
# Type: { name, system, base, python, environment, spec,
#         tree :: what `source` of inputs.nix takes, dependencies :: [string] } -> attrs of derivations
# Example: checks.imports, checks.pip-check, checks.command-smoke
{
  name,
  system,
  base,
  python,
  environment,
  spec,
  dependencies,
  tree,
}:
let
  library = import ./inputs.nix;
  inherit (spec.checks)
    commands
    imports
    notebooks
    skip-imports
    tests
    ;
  scripted =
    what: script: kind: variables:
    import ./python.nix {
      inherit system base python script;
      name = "${name}-${what}-${kind}";
      variables = { inherit kind; } // variables;
    };
  own = kind: variables: scripted "check" "check.py" kind ({ inherit environment; } // variables);
  written =
    kind: variables:
    let
      ran = scripted "run" "command.py" kind (
        {
          inherit environment;
          place = "/tmp";
        }
        // variables
      );
    in
    scripted "check" "held.py" kind {
      inherit ran;
      log = builtins.unsafeDiscardStringContext ran.drvPath;
      programs = builtins.toJSON (builtins.fromTOML (builtins.readFile ./programs.toml));
    };
  among =
    kind: paths: line:
    let
      laid = library.layout tree paths;
    in
    written kind {
      line = line laid.places;
      inputs = builtins.toJSON laid.files;
      directory = "";
    };
in
{
  imports = own "imports" {
    dependencies = builtins.toJSON dependencies;
    imports = builtins.toJSON imports;
    skipped = builtins.toJSON skip-imports;
  };
  pip-check = own "pip-check" { };
}
// builtins.listToAttrs (
  map (command: {
    name = "command-${command}";
    value = written "command-${command}" { line = commands.${command}; };
  }) (builtins.attrNames commands)
  ++ map (test: {
    name = "test-${test}";
    value = among "test-${test}" tests.${test}.inputs (_: tests.${test}.command);
  }) (builtins.attrNames tests)
  ++ map (notebook: {
    name = "notebook-${notebook}";
    value = among "notebook-${notebook}" ([ notebooks.${notebook}.notebook ] ++ notebooks.${notebook}.inputs) (
      places: "python -B ${library.script "notebook.py"} ${library.quoted (builtins.head places)}"
    );
  }) (builtins.attrNames notebooks)
)
