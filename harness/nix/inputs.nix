# Inputs: files named by sha256. `harness fetch` puts them into the store; no build downloads.
rec {
  # The file name with each character that Nix forbids in store names made a dash.
  # Type: storeName :: string -> string
  # Example: storeName "libssl3_3.0.20-1~deb12u2_amd64.deb" == "libssl3_3.0.20-1-deb12u2_amd64.deb"
  storeName = builtins.replaceStrings [ "~" "!" "%" ":" ] [ "-" "-" "-" "-" ];

  # The input's store path, as a fixed-output derivation: it depends on name and hash only, so that
  # whatever put the file there, a build finds it. Nix downloads nothing, whatever addresses a lock
  # records: building a missing one fails with the address below as its message.
  # Type: file :: { file :: string, sha256 :: string, ... } -> derivation
  # Example: file { file = "a-1-py3-none-any.whl"; sha256 = "…"; }
  file =
    {
      file,
      sha256,
      ...
    }:
    fixed {
      name = storeName file;
      inherit sha256;
      mode = "flat";
    };

  # The seed: a directory with bin/busybox and nothing else, by the hash of its NAR.
  # Type: seed :: { nar-sha256 :: string, ... } -> derivation
  # Example: seed lock.tool.harness.targets.x86_64-linux.seed
  seed =
    locked:
    fixed {
      name = "seed";
      sha256 = locked.nar-sha256;
      mode = "recursive";
    };

  # A fixed-output derivation that only finds what is in the store already.
  # Type: fixed :: { name, sha256, mode :: "flat" | "recursive" } -> derivation
  # Example: fixed { name = "a"; sha256 = "…"; mode = "flat"; }
  fixed =
    {
      name,
      sha256,
      mode,
    }:
    derivation {
      inherit name;
      url = "run: harness fetch";
      system = "builtin";
      builder = "builtin:fetchurl";
      outputHashMode = mode;
      outputHashAlgo = "sha256";
      outputHash = sha256;
    };

  # A builder's script as a store file, by content only.
  # Type: script :: string -> path
  # Example: script "wheel.py"
  script = name: builtins.toFile name (builtins.readFile (./builders + "/${name}"));

  # A file or directory, from an environment's own, as a store path by content only; below it, what
  # `untracked` names for its path is left out.
  # Type: source :: { directory :: path, untracked ? attrs (path -> [string]) } -> string -> path
  # Example: source { directory = ./envs/serving; } "settings.json"
  source =
    {
      directory,
      untracked ? { },
    }:
    path:
    let
      place = directory + "/${path}";
      left = builtins.listToAttrs (
        map (below: {
          name = "${toString place}/${below}";
          value = null;
        }) (untracked.${path} or [ ])
      );
    in
    builtins.path {
      path = place;
      name = builtins.replaceStrings [ "/" "@" ] [ "-" "-" ] "source-${path}";
      filter = one: _: !(builtins.elem (baseNameOf one) leftBehind || left ? ${one});
    };

  # What tools leave beside a repository's files; no build is to depend on it.
  leftBehind = [
    ".git"
    ".harness"
    ".hypothesis"
    ".ipynb_checkpoints"
    ".mypy_cache"
    ".pytest_cache"
    ".ruff_cache"
    "__pycache__"
  ];

  # Files of the repository as store paths, by their places below the highest directory that one of
  # the paths leads up to, which `places` are in the order given; `directory` is the environment's own place below it, "" if it is that.
  # Type: layout :: { directory :: path, untracked ? attrs } -> [string] ->
  #   { directory :: string, files :: attrs, places :: [string] }
  # Example: (layout { directory = ./envs/serving; } [ "../../tests" ]).files ? tests
  layout =
    tree: paths:
    let
      parts = path: builtins.filter builtins.isString (builtins.split "/" path);
      ups = path: builtins.length (builtins.filter (part: part == "..") (parts path));
      drop = count: list: builtins.genList (index: builtins.elemAt list (count + index)) (builtins.length list - count);
      take = count: builtins.genList (builtins.elemAt own) count;
      highest = builtins.foldl' (most: path: if ups path > most then ups path else most) 0 paths;
      steps = parts (toString tree.directory);
      own = drop (builtins.length steps - highest) steps;
      place = path: builtins.concatStringsSep "/" (take (highest - ups path) ++ drop (ups path) (parts path));
    in
    {
      directory = builtins.concatStringsSep "/" own;
      places = map place paths;
      files = builtins.listToAttrs (
        map (path: {
          name = place path;
          value = source tree path;
        }) paths
      );
    };

  # The place that a path leads to from a directory; both are below one root, which is "".
  # Type: resolved :: string -> string -> string
  # Example: resolved "envs/serving" "../../package" == "package"
  resolved =
    directory: path:
    let
      parts = text: builtins.filter (part: builtins.isString part && part != "") (builtins.split "/" text);
      init = list: builtins.genList (builtins.elemAt list) (builtins.length list - 1);
      step =
        above: part:
        if part != ".." then
          above ++ [ part ]
        else if above == [ ] then
          throw "${path}: leads out of the repository"
        else
          init above;
    in
    builtins.concatStringsSep "/" (builtins.foldl' step (parts directory) (parts path));

  # A text as one word of a shell, whatever it holds.
  # Type: quoted :: string -> string
  # Example: quoted "a b" == "'a b'"
  quoted = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] text}'";

  # Type: majorMinor :: string -> string
  # Example: majorMinor "3.11.2" == "3.11"
  majorMinor = version: builtins.head (builtins.match "([0-9]+[.][0-9]+).*" version);
}
