# The library: facts of a lock in, derivations out. Builtins only, no import from a derivation, and
# no decision: whatever needs judgement was decided by `harness lock`.
let
  inputs = import ./inputs.nix;
in
rec {
  inherit (inputs) storeName majorMinor;

  # Read one environment's directory: what a person wrote and what `harness lock` wrote.
  # Type: read :: path -> { directory, spec, lock }
  # Example: read ./envs/serving
  read = directory: {
    inherit directory;
    spec = withDefaults (builtins.fromTOML (builtins.readFile (directory + "/env.toml")));
    lock =
      if builtins.pathExists (directory + "/pylock.toml") then
        builtins.fromTOML (builtins.readFile (directory + "/pylock.toml"))
      else
        throw "${toString directory} has no pylock.toml: run `harness lock`, and add the file to git";
  };

  # What a person wrote, and what holds where nothing is said.
  # Type: withDefaults :: attrs -> attrs
  # Example: (withDefaults { }).links.copy == [ ]
  withDefaults =
    spec:
    let
      defaults = builtins.fromTOML (builtins.readFile ./defaults.toml);
      table = name: defaults.${name} // (spec.${name} or { });
      each = name: builtins.mapAttrs (_: one: defaults.${name} // one);
      artefacts = each "artefact" (table "image").artefacts;
      notebooks = each "notebook" (table "checks").notebooks;
    in
    spec
    // {
      collisions = table "collisions";
      links = table "links";
      checks = table "checks" // { inherit notebooks; };
    }
    // (if spec ? image then { image = table "image" // { inherit artefacts; }; } else { });

  # The names of the environments in a directory, in order.
  # Type: names :: path -> [string]
  # Example: names ./envs == [ "harness" "science" "serving" ]
  names =
    directory:
    let
      entries = builtins.readDir directory;
    in
    builtins.filter (
      name: entries.${name} == "directory" && builtins.pathExists (directory + "/${name}/env.toml")
    ) (builtins.attrNames entries);

  # The chosen wheel of each package, in the lock's order. A wheel goes by the file name that the lock
  # states; no address is read.
  # Type: chosenWheels :: { lock, target } -> [{ name, version, file, sha256 }]
  # Example: chosenWheels { inherit lock; target = lock.tool.harness.targets.x86_64-linux; }
  chosenWheels =
    { lock, target }:
    let
      chosen = builtins.listToAttrs (
        map (file: {
          name = file;
          value = null;
        }) target.wheels
      );
      fileOf = wheel: wheel.name or wheel.path or (throw "a wheel without name and path: run `harness lock`");
    in
    builtins.concatMap (
      package:
      map
        (wheel: {
          inherit (package) name version;
          file = fileOf wheel;
          inherit (wheel.hashes) sha256;
        })
        (
          builtins.filter (wheel: chosen ? ${fileOf wheel}) (package.wheels or [ ])
        )
    ) lock.packages;

  # The sdist of each package that the target builds, in the lock's order.
  # Type: chosenSdists :: { lock, target } -> [{ name, version, file, sha256 }]
  # Example: chosenSdists { inherit lock; target = lock.tool.harness.targets.x86_64-linux; }
  chosenSdists =
    { lock, target }:
    builtins.concatMap (
      package:
      let
        commit = lock.tool.harness.commits.${package.name};
        sdist =
          if package ? vcs then
            { path = commit.file; hashes = { inherit (commit) sha256; }; }
          else
            package.sdist;
        file = sdist.name or sdist.path;
      in
      if (package ? sdist || package ? vcs) && (target.sdists.${package.name} or { }).file or null == file then
        [
          {
            inherit (package) name version;
            inherit file;
            inherit (sdist.hashes) sha256;
          }
        ]
      else
        [ ]
    ) lock.packages;

  # The store path that a place in the store is in, and where below it that is.
  # Type: storeRoot :: path -> string
  # Example: storeRoot /nix/store/…-source/envs/serving == "/nix/store/…-source"
  storeRoot =
    directory:
    let
      parts = builtins.match "(${builtins.storeDir}/[^/]+)(/.*)?" (toString directory);
    in
    if parts == null then
      throw "${toString directory}: one's own package is made of what git tracks: use a flake, or the command line"
    else
      builtins.head parts;
  belowRoot =
    directory:
    let
      below = builtins.elemAt (builtins.match "(${builtins.storeDir}/[^/]+)(/(.*))?" (toString directory)) 2;
    in
    if below == null then "" else below;

  # One environment's derivations for one system.
  # Type: instantiate :: { name, spec, lock, system } ->
  #   { seed, base, installer, wheels, sdists, environment, shell, develop, developed, package, checks,
  #     inputs, artefacts, layers, image }
  # `revision` is the source's, if it is known; the image has it as a label, and `dirty` if files
  # differ from it. An environment without `[image]` has none of the last three. `root` is the
  # repository's files in the store, and `place` the environments' directory below it, for `[project]`:
  # `develop` and `developed` are the shell and environment where one's own package is the files that
  # are worked on, `package` is a directory with its wheel. `untracked` is what git does not track
  # below paths of env.toml: a flake's source has none.
  # Example: (instantiate ({ name = "serving"; system = "x86_64-linux"; } // read ./envs/serving)).environment
  instantiate =
    {
      name,
      directory,
      spec,
      lock,
      system,
      revision ? null,
      untracked ? { },
      dirty ? false,
      root ? storeRoot directory,
      place ? belowRoot (dirOf directory),
    }:
    let
      tree = { inherit directory untracked; };
      locked = lock.tool.harness;
      target =
        locked.targets.${system}
          or (throw "${name} is not locked for ${system}: name it in `targets` of env.toml and run `harness lock ${name}`");
      sources = chosenSdists { inherit lock target; };
      built =
        files:
        chosenWheels {
          lock.packages = locked.build or [ ];
          target.wheels = files;
        };
      building = built (builtins.concatMap (one: one.build) (builtins.attrValues (target.sdists or { })));
      sdists = builtins.listToAttrs (
        map (package: {
          inherit (package) name;
          value = import ./sdist.nix (
            common
            // {
              inherit installer package compiler;
              locked = target.sdists.${package.name};
              build = builtins.listToAttrs (
                map (one: {
                  name = one.file;
                  value = one;
                }) building
              );
            }
          );
        }) sources
      );
      compiler = import ./compiler.nix (common // { debs = target.compiler or [ ]; });
      made = map (
        package:
        package
        // {
          wheel = "${sdists.${package.name}.wheel}/wheel";
          file = "${builtins.replaceStrings [ "-" ] [ "_" ] package.name}-${package.version}.whl";
        }
      ) sources;
      chosen = builtins.sort (one: other: one.name < other.name) (
        chosenWheels { inherit lock target; } ++ made
      );
      common = {
        inherit system;
        base = import ./base.nix { inherit system target; };
        python = majorMinor target.python;
      };
      merged =
        wheels:
        import ./environment.nix (
          common
          // {
            inherit name wheels;
            inherit (spec) collisions;
            copied = spec.links.copy;
          }
        );
      environment = merged (wheels ++ map (one: one.wheel) own);
      isEditable = builtins.any (one: one.editable != null) own;
      developed = if isEditable then merged (wheels ++ map (one: one.editable) own) else environment;
      shellOf =
        environment: project: import ./shell.nix (common // { inherit name environment project; });
      shell = shellOf environment null;
      own =
        if spec ? project then
          [
            (import ./project.nix (
              common
              // {
                inherit installer root place;
                environment = name;
                inherit (spec) project;
                locked = locked.project or (throw "the lock of ${name} is without its project: run `harness lock ${name}`");
                requires = map unpacked (built (target.project or [ ]));
                compiler = if locked.project.compiler or false then compiler else null;
              }
            ))
          ]
        else
          [ ];
      installer = import ./installer.nix (common // { locked = locked.installer; });
      unpacked = package: import ./wheel.nix (common // { inherit package installer; });
      wheels = map unpacked chosen;
      image =
        if spec ? image then
          import ./image.nix (
            common
            // {
              inherit
                name
                environment
                tree
                revision
                dirty
                ;
              inherit (spec) image;
              wheels =
                builtins.listToAttrs (
                  builtins.genList (index: {
                    inherit (builtins.elemAt chosen index) name;
                    value = builtins.elemAt wheels index;
                  }) (builtins.length chosen)
                )
                // builtins.listToAttrs (
                  map (one: {
                    inherit (locked.project) name;
                    value = one.wheel;
                  }) own
                );
              layers =
                (target.layers or (throw "the lock of ${name} names no layers: run `harness lock ${name}`"))
                ++ map (_: [ locked.project.name ]) own;
              lockHash = builtins.hashFile "sha256" (directory + "/pylock.toml");
            }
          )
        else
          { };
    in
    image
    // {
      inherit
        installer
        wheels
        environment
        developed
        shell
        sdists
        ;
      inherit (common) base;
      seed = inputs.seed target.seed;
      inputs = map inputs.file (
        chosenWheels { inherit lock target; }
        ++ sources
        ++ building
        ++ built (target.project or [ ])
        ++ [ locked.installer ]
        ++ target.debs
        ++ target.tools
        ++ target.compiler or [ ]
        ++ (if target ? interpreter then [ target.interpreter ] else [ ])
      );
      package =
        if own == [ ] then throw "${name} has no package of one's own" else (builtins.head own).built;
      develop =
        if isEditable then
          shellOf developed {
            inherit (builtins.head own) directory;
            marker = if place == "" then "${name}/env.toml" else "${place}/${name}/env.toml";
          }
        else
          shell;
      checks = import ./checks.nix (
        common
        // {
          inherit name environment spec tree;
          dependencies = locked.dependencies or spec.dependencies;
        }
      );
    };

  # The version of harness that this library is of.
  # Type: version :: string
  # Example: version == "0.1.0"
  inherit (builtins.fromTOML (builtins.readFile ./version.toml)) version;

  # A value, if the settings in a file are for this version of harness.
  # Type: requiring :: null | path -> a -> a
  # Example: requiring ./harness.toml 1 == 1
  requiring =
    settings: value:
    let
      document = if settings == null then { } else builtins.fromTOML (builtins.readFile settings);
      own = if document ? tool || document ? project then document.tool.harness or { } else document;
      wanted = own.requires-harness or ">=0";
      bounds = builtins.match ">=([0-9.]+)(, *<([0-9.]+))?" wanted;
      low = builtins.elemAt bounds 0;
      high = builtins.elemAt bounds 2;
      fits = builtins.compareVersions version low >= 0 && (high == null || builtins.compareVersions version high < 0);
    in
    if bounds == null then
      throw "requires-harness: ${wanted}: expected >=1.2, or >=1.2,<2 for example"
    else if fits then
      value
    else
      throw "this repository needs harness ${wanted}, its Nix library is that of ${version}: run `harness tool library`, or update the flake's input";

  # The outputs of a flake for a directory of environments.
  # `settings` is the repository's pyproject.toml or harness.toml: what it requires of harness holds here too.
  # Type: mkFlake :: { environments :: path, settings ? path, default ? string, revision ? string } ->
  #   { packages, devShells, checks }
  # Example: mkFlake { environments = ./envs; default = "serving"; }
  mkFlake =
    {
      environments,
      settings ? null,
      default ? null,
      revision ? null,
    }:
    let
      # One that is not locked yet is no reason for the others to be out of reach.
      leftOut = name: why: builtins.trace "harness: ${name} is left out: ${why}; run `harness lock ${name}`, and add pylock.toml to git" false;
      isLocked =
        name:
        if !builtins.pathExists (environments + "/${name}/pylock.toml") then
          leftOut name "it has no pylock.toml"
        else
          (read (environments + "/${name}")).lock ? tool.harness.targets
          || leftOut name "its pylock.toml is another tool's";
      all = builtins.listToAttrs (
        map (name: {
          inherit name;
          value = read (environments + "/${name}");
        }) (builtins.filter isLocked (names environments))
      );
      perSystem =
        select:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = select system (
              builtins.listToAttrs (
                builtins.concatMap (
                  name:
                  if all.${name}.lock.tool.harness.targets ? ${system} then
                    [
                      {
                        inherit name;
                        value = instantiate (all.${name} // { inherit name system revision; });
                      }
                    ]
                  else
                    [ ]
                ) (builtins.attrNames all)
              )
            );
          }) systems
        );
      systems = builtins.attrNames (
        builtins.foldl' (found: one: found // one.lock.tool.harness.targets) { } (builtins.attrValues all)
      );
      withDefault =
        attributes:
        attributes // (if default == null || !(attributes ? ${default}) then { } else { default = attributes.${default}; });
    in
    requiring settings {
      packages = perSystem (
        _: built:
        withDefault (builtins.mapAttrs (_: one: one.environment) built)
        // builtins.listToAttrs (
          builtins.concatMap (
            name:
            if built.${name} ? image then
              [
                {
                  name = "${name}-image";
                  value = built.${name}.image;
                }
              ]
            else
              [ ]
          ) (builtins.attrNames built)
        )
      );
      devShells = perSystem (_: built: withDefault (builtins.mapAttrs (_: one: one.develop) built));
      checks = perSystem (
        _: built:
        builtins.listToAttrs (
          builtins.concatMap (
            name:
            map (check: {
              name = "${name}-${check}";
              value = built.${name}.checks.${check};
            }) (builtins.attrNames built.${name}.checks)
          ) (builtins.attrNames built)
        )
      );
    };
}
