# The base: Debian's interpreter and libraries, closed so that nothing of a host is loaded.
let
  inputs = import ./inputs.nix;
  architectures = {
    x86_64-linux = "x86_64-linux-gnu";
    aarch64-linux = "aarch64-linux-gnu";
  };
in
# Type: { system :: string, target :: lockedTarget } -> derivation
# Example: import ./base.nix { system = "x86_64-linux"; target = lock.tool.harness.targets.x86_64-linux; }
{ system, target }:
let
  seed = inputs.seed target.seed;
  # Where Python is none of Debian's packages: its archive, unpacked before them.
  interpreter =
    if target ? interpreter then
      {
        args = [
          "sh"
          (inputs.script "interpreter.sh")
        ];
        archive = inputs.file target.interpreter;
        packages = inputs.script "base.sh";
        script = inputs.script "interpreter.py";
        close = inputs.script "base.py";
      }
    else
      { };
in
derivation (
  {
    name = "base";
    inherit system seed;
    builder = "${seed}/bin/busybox";
    args = [
      "sh"
      (inputs.script "base.sh")
    ];
    debs = map inputs.file target.debs;
    tools = map inputs.file target.tools;
    script = inputs.script "base.py";
    redirect = inputs.script "redirect.py";
    bytecode = inputs.script "bytecode.py";
    python = inputs.majorMinor target.python;
    multiarch = architectures.${system};
  }
  // interpreter
)
