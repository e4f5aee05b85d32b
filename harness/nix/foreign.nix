# A flake of somebody else, put together from what harness decided and fetched: its source, its lock,
# and the sources of inputs. Nothing is fetched here, and the flake's own settings are not read: for a
# source that is not given the evaluation ends, and says which, so that harness fetches it.
#
# What an evaluation of it may reach are the store and the directory of `facts`.
#
# Type: { facts :: String, the path of a JSON file } -> derivation
# Example: nix-instantiate foreign.nix --argstr facts /tmp/x/facts.json
{ facts }:
let
  given = builtins.fromJSON (builtins.readFile facts);
  inherit (given) lock sources;

  # The tree of a source, as a path that keeps the source from being collected meanwhile.
  #
  # Type: AttrSet -> AttrSet
  stored = source: source // { outPath = builtins.storePath source.outPath; };

  # The node that an input of a lock leads to: named, or by the inputs on the way from the root.
  #
  # Type: (String | [String]) -> String
  resolve = spec: if builtins.isList spec then follow lock.root spec else spec;

  follow =
    node: path:
    if path == [ ] then
      node
    else
      follow (resolve lock.nodes.${node}.inputs.${builtins.head path}) (builtins.tail path);

  isWithin = locked: locked.type == "path" && builtins.substring 0 1 locked.path != "/";

  sourceOf =
    name: node:
    if name == lock.root then
      stored given.root
    else if isWithin node.locked then
      let
        parent = (flakes.${follow lock.root (node.parent or [ ])}).sourceInfo;
      in
      parent // { outPath = parent.outPath + "/" + node.locked.path; }
    else if sources ? ${name} then
      stored sources.${name}
    else
      abort "harness wants input ${name}";

  flakes = builtins.mapAttrs (
    name: node:
    let
      sourceInfo = sourceOf name node;
      directory = if name == lock.root then given.directory else node.locked.dir or "";
      outPath = sourceInfo.outPath + (if directory == "" then "" else "/" + directory);
      flake = import (outPath + "/flake.nix");
      inputs = builtins.mapAttrs (_: spec: flakes.${resolve spec}.value) (node.inputs or { });
      unlocked = builtins.filter (input: !(inputs ? ${input})) (
        builtins.attrNames (flake.inputs or { })
      );
      outputs =
        if unlocked == [ ] then
          flake.outputs (inputs // { self = value; })
        else
          throw "input ${builtins.head unlocked} of the flake is not locked: run `nix flake lock`";
      value =
        outputs
        // sourceInfo
        // {
          inherit
            inputs
            outputs
            sourceInfo
            outPath
            ;
          _type = "flake";
        };
    in
    {
      inherit sourceInfo;
      value = if node.flake or true then value else sourceInfo // { inherit sourceInfo outPath; };
    }
  ) lock.nodes;

  has =
    set: path:
    path == [ ]
    || (
      builtins.isAttrs set
      && set ? ${builtins.head path}
      && has set.${builtins.head path} (builtins.tail path)
    );

  at = set: path: builtins.foldl' (one: name: one.${name}) set path;

  root = flakes.${lock.root}.value;
  found = builtins.filter (has root) given.candidates;
in
if found == [ ] then
  throw "the flake has no attribute ${
    builtins.concatStringsSep ", " (map (builtins.concatStringsSep ".") given.candidates)
  }"
else
  at root (builtins.head found)
