# The image of an environment: its closure a layer a package, and what `[image]` of env.toml names.
# The order of the layers was decided by `harness lock`; heavy ones come first, what moves most last.
let
  inputs = import ./inputs.nix;
  architectures = {
    x86_64-linux = "amd64";
    aarch64-linux = "arm64";
  };
  # A path in the image as a part of a store name.
  named = path: builtins.replaceStrings [ "/" "@" ] [ "-" "-" ] path;
in
# Type: { name, system, base, python, wheels :: attrs (package -> derivation), environment,
#         layers :: [[string]], tree :: what `source` of inputs.nix takes, image :: attrs, lockHash :: string,
#         revision :: string | null, dirty :: bool } ->
#   { artefacts :: attrs, layers :: [derivation], image :: derivation }
# Example: (import ./image.nix { name = "serving"; image = spec.image; … }).image
{
  name,
  system,
  base,
  python,
  wheels,
  environment,
  layers,
  tree,
  image,
  lockHash,
  revision,
  dirty,
}:
let
  common = { inherit system base python; };
  inherit (image) user writable;
  number = if user == "root" then "0" else "1000";
  home = if writable == [ ] then "/" else builtins.head writable;
  readOnly = if image.read-only then "true" else "false";

  artefacts = builtins.mapAttrs (
    target: artefact:
    import ./artefact.nix (
      common
      // {
        name = "${name}-artefact${named target}";
        inherit environment tree artefact;
      }
    )
  ) image.artefacts;
  files = builtins.mapAttrs (_: inputs.source tree) image.files // artefacts;

  root = import ./python.nix (
    common
    // {
      name = "${name}-root";
      script = "root.py";
      variables = {
        inherit user number home;
        shells = if image.shells then "true" else "false";
      };
    }
  );

  layer = name: contents: import ./layer.nix (common // { inherit name contents; });
  inStore = paths: map (path: { source = "${path}"; target = "${path}"; }) paths;
  packages =
    group:
    layer (
      wheels.${builtins.head group}.name
      + (if builtins.length group == 1 then "" else "-and-${toString (builtins.length group - 1)}-more")
    ) (inStore (map (package: wheels.${package}) group));
  all =
    [ (layer "base" (inStore [ base ])) ]
    ++ map packages layers
    ++ map (target: layer "file${named target}" [ { source = "${files.${target}}"; inherit target; } ]) (
      builtins.attrNames files
    )
    ++ [
      (layer name (inStore [ environment ]))
      (import ./layer.nix (
        common
        // {
          name = "${name}-root";
          inherit writable;
          contents = [ { source = "${root}"; target = "/"; } ];
        }
      ))
    ];

  config = {
    architecture = architectures.${system};
    config = {
      Cmd = image.command;
      Env = map (variable: "${variable}=${variables.${variable}}") (builtins.attrNames variables);
      ExposedPorts = builtins.listToAttrs (
        map (port: {
          name = port;
          value = { };
        }) image.ports
      );
      Labels = labels;
      User = "${number}:${number}";
      WorkingDir = image.working-directory;
    };
    created = "1970-01-01T00:00:01Z";
    os = "linux";
  };
  variables = {
    HOME = home;
    LANG = "C.UTF-8";
    PATH = "${environment}/bin:${base}/usr/bin";
    SSL_CERT_FILE = "${base}/etc/ssl/certs/ca-certificates.crt";
    TZDIR = "${base}/usr/share/zoneinfo";
    VIRTUAL_ENV = "${environment}";
  }
  // image.environment;
  labels =
    image.labels
    // {
      "harness.environment" = name;
      "harness.lock.sha256" = lockHash;
      "harness.read-only" = readOnly;
      "harness.writable" = builtins.concatStringsSep ":" writable;
    }
    // (if dirty then { "harness.dirty" = "true"; } else { })
    // (if revision == null then { } else { "org.opencontainers.image.revision" = revision; });
  # What the image holds outside of the store; none of it may refer to more than the closure.
  outside = builtins.attrValues files ++ [ root ];
  graphs = [ environment ] ++ outside;
in
{
  inherit artefacts;
  layers = all;
  image = import ./python.nix (
    common
    // {
      name = "${name}-image";
      script = "image.py";
      variables = {
        layers = map toString all;
        packed = map toString ([ base environment ] ++ builtins.attrValues wheels);
        outside = map toString outside;
        config = builtins.toJSON config;
        tag = "${name}:latest";
        exportReferencesGraph = builtins.concatLists (
          builtins.genList (index: [
            "closure-${toString index}"
            (builtins.elemAt graphs index)
          ]) (builtins.length graphs)
        );
        passAsFile = [ "config" ];
      };
    }
  );
}
