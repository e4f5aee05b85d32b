{
  inputs.harness.url = "@flake@";

  outputs = { self, harness }: harness.lib.mkFlake {
    environments = ./@environments@;
    settings = ./@settings@;
  };
}
