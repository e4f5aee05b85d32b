# The checks of an environment as derivations: hermetic, cached, part of `nix flake check`.
# Type: { name, system, base, python, environment, spec } -> attrs of derivations
# Example: checks.imports, checks.pip-check, checks.command-smoke
{
  name,
  system,
  base,
  python,
  environment,
  spec,
}:
let
  wanted = spec.checks or { };
  check =
    kind: variables:
    import ./python.nix {
      inherit system base python;
      name = "${name}-check-${kind}";
      script = "check.py";
      variables = { inherit environment kind; } // variables;
    };
  commands = wanted.commands or { };
in
{
  imports = check "imports" {
    dependencies = builtins.toJSON spec.dependencies;
    imports = builtins.toJSON (wanted.imports or [ ]);
    skipped = builtins.toJSON (wanted.skip-imports or [ ]);
  };
  pip-check = check "pip-check" { };
}
// builtins.listToAttrs (
  map (command: {
    name = "command-${command}";
    value = check "command-${command}" { line = commands.${command}; };
  }) (builtins.attrNames commands)
)
