{
  description = "Lock, build, verify and compare data-science environments, bit for bit";

  # Locked for those who want to combine; nothing here evaluates it, so nothing is downloaded.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      lib = import ./harness/nix;
    in
    lib.mkFlake {
      environments = ./envs;
      default = "harness";
    }
    // {
      inherit lib;
    };
}
