{
  inputs.harness.url = "@harness@";

  outputs = { self, harness }: harness.lib.mkFlake { environments = ./@environments@; };
}
