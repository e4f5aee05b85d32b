# The corpus: small builds whose causes of difference are known, because we put them there.
# Type: { base, tools, serving, science, seed :: store path, run :: string } -> attrs of derivations
# Each argument is the tree of an environment, on which the cases that name it are built; `run`
# gives every measurement derivations of its own, so that none is answered from a memory.
# A case with `seed` finds the static programs there, too.
# Example: nix-build tests/corpus --argstr base /nix/store/…-base … -A date-in-text
{
  base,
  tools,
  serving,
  science,
  seed,
  run ? "",
}:
let
  trees = builtins.mapAttrs (_: builtins.storePath) {
    inherit
      base
      tools
      serving
      science
      seed
      ;
  };
  # The programs of a tree: an environment's stand in bin, a base's in usr/bin.
  search = tree: "${tree}/bin:${tree}/usr/bin";
  builders = {
    busybox = tree: {
      builder = "${tree}/bin/busybox";
      args = [
        "sh"
        "-euc"
      ];
    };
    bash = tree: {
      builder = "${trees.base}/bin/bash";
      args = [ "-euc" ];
    };
    python = tree: {
      builder = "${tree}/bin/python3";
      args = [ "-sBc" ];
    };
  };
  files = builtins.filter (name: builtins.match ".*[.]toml" name != null) (
    builtins.attrNames (builtins.readDir ./cases)
  );
  cases = builtins.concatMap (
    name: (builtins.fromTOML (builtins.readFile (./cases + "/${name}"))).case
  ) files;
  derive =
    case:
    let
      tree = trees.${case.on or "base"};
      start = builders.${case.language or "python"} tree;
    in
    derivation (
      (case.variables or { })
      // (if case.seed or false then { inherit (trees) seed; } else { })
      // {
        inherit (case) name;
        inherit run;
        inherit (start) builder;
        system = builtins.currentSystem;
        args = start.args ++ [ case.script ];
        outputs = case.outputs or [ "out" ];
        PATH = search tree;
      }
    );
in
builtins.listToAttrs (
  map (case: {
    inherit (case) name;
    value = derive case;
  }) cases
)
