{
  # nix/harness is harness's Nix library as `harness init` wrote it, so that a clone has all it needs.
  outputs = { self }: (import ./nix/harness).mkFlake {
    environments = ./@environments@;
    settings = ./@settings@;
  };
}
