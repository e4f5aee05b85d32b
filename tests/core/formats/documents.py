"""A pair of contents per format of stores and documents, in which one field was changed."""

from tests.core.formats.seeds import Pair

DERIVATION = (
    b'Derive([("dev","/nix/store/mwix9c0dji0blq6pii21x568lzgzsy2n-small-dev","",""),'
    b'("out","/nix/store/ynrvqqlqzbd9b1ylzd7cy27j1fr0043w-small","","")],'
    b'[("/nix/store/p5aicn1k9crwdz10wnifqnpy3hsifwlr-dep.drv",["out"])],[],"x86_64-linux",'
    b'"/bin/sh",["-c","cat /nix/store/pqfrnqgwvv79q5k6m1i7bwl9akliswqz-dep > $out"],'
    b'[("builder","/bin/sh"),("dev","/nix/store/mwix9c0dji0blq6pii21x568lzgzsy2n-small-dev"),'
    b'("jobs","1"),("name","small"),("out","/nix/store/ynrvqqlqzbd9b1ylzd7cy27j1fr0043w-small"),'
    b'("outputs","out dev"),("script","set -e\\nmake -j1\\n"),("system","x86_64-linux")])'
)
OTHER_DERIVATION = (
    b'Derive([("dev","/nix/store/yxk4agap6zllpimlfig6pgdfc8daz6fz-small-dev","",""),'
    b'("out","/nix/store/8ixxy6dpx2w1axal53vh5519f4caw6sj-small","","")],'
    b'[("/nix/store/2bwqxivkmdxvbgd6dyfc6qwh91ivvs5r-dep.drv",["out"])],[],"x86_64-linux",'
    b'"/bin/sh",["-c","cat /nix/store/9f96aik8vj7cs3fzid9l1lk1dlfd2ndq-dep > $out"],'
    b'[("builder","/bin/sh"),("dev","/nix/store/yxk4agap6zllpimlfig6pgdfc8daz6fz-small-dev"),'
    b'("jobs","2"),("name","small"),("out","/nix/store/8ixxy6dpx2w1axal53vh5519f4caw6sj-small"),'
    b'("outputs","out dev"),("script","set -e\\nmake -j2\\n"),("system","x86_64-linux")])'
)

PAIRS = (
    Pair(path="a.drv", first=DERIVATION, second=DERIVATION.replace(b'"1"', b'"2"'),
         format="derivation", field="environment variable jobs"),
)  # fmt: skip
