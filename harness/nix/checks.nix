# The checks of an environment as derivations: hermetic, cached, part of `nix flake check`.
# Type: { name, system, base, python, environment, spec, directory :: path,
#         dependencies :: [string] } -> attrs of derivations
# Example: checks.imports, checks.pip-check, checks.command-smoke
{
  name,
  system,
  base,
  python,
  environment,
  spec,
  dependencies,
  directory,
}:
let
  library = import ./inputs.nix;
  wanted = spec.checks;
  check =
    kind: variables:
    import ./python.nix {
      inherit system base python;
      name = "${name}-check-${kind}";
      script = "check.py";
      variables = { inherit environment kind; } // variables;
    };
  inherit (wanted) commands tests;
in
{
  imports = check "imports" {
    dependencies = builtins.toJSON dependencies;
    imports = builtins.toJSON wanted.imports;
    skipped = builtins.toJSON wanted.skip-imports;
  };
  pip-check = check "pip-check" { };
}
// builtins.listToAttrs (
  map (command: {
    name = "command-${command}";
    value = check "command-${command}" { line = commands.${command}; };
  }) (builtins.attrNames commands)
  ++ map (test: {
    name = "test-${test}";
    value = check "test-${test}" {
      line = tests.${test}.command;
      inputs = builtins.toJSON (library.layout directory tests.${test}.inputs).files;
    };
  }) (builtins.attrNames tests)
)
