"""The keys of env.toml and of the settings: what docs/env-toml.md is generated from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: its path in the document, its type, its default ("" if it must be there)."""

    path: str
    kind: str
    default: str
    meaning: str
    example: str


_SHADOW = (
    '[shadow]\nproduction = "service:1"\nprotocol = "open-inference-v2"\n'
    'recording = "traffic.jsonl"\n'
)
"""What `[shadow]` needs in any case."""

ENV_TOML = (
    Key(
        path="python",
        kind="string",
        default="",
        meaning="The interpreter, as MAJOR.MINOR; the base must have it.",
        example='python = "3.11"',
    ),
    Key(
        path="base",
        kind="string",
        default="",
        meaning="Where the interpreter and the shared libraries come from.",
        example='base = "debian:bookworm"',
    ),
    Key(
        path="dependencies",
        kind="array of strings",
        default="",
        meaning="What the environment is for: PEP 508 requirements, without URLs.",
        example='dependencies = ["pandas>=2", "scikit-learn"]',
    ),
    Key(
        path="targets",
        kind="array of strings",
        default='["x86_64-linux"]',
        meaning="The platforms to lock for.",
        example='targets = ["x86_64-linux", "aarch64-linux"]',
    ),
    Key(
        path="debian-packages",
        kind="array of strings",
        default="[]",
        meaning="Packages of the base besides what each base has: for wheels that need a system "
        "library.",
        example='debian-packages = ["libgl1"]',
    ),
    Key(
        path="suites",
        kind="array of strings",
        default="every suite of the base",
        meaning="The parts of Debian's archive that the base is taken from. Superseded packages of "
        "a -security suite leave the mirrors soon; without it a lock stays fetchable longer, and "
        "the base without security updates.",
        example='suites = ["bookworm", "bookworm-updates"]',
    ),
    Key(
        path="exclude-newer",
        kind="string (RFC 3339)",
        default="none",
        meaning="Files that were uploaded to the index later are not chosen.",
        example='exclude-newer = "2026-11-20T00:00:00Z"',
    ),
    Key(
        path="collisions",
        kind="table: path -> package",
        default="empty",
        meaning="Where two wheels bring different files for one path of the environment: whose "
        "it is. A directory that is given to a package holds nothing of those that bring other "
        "files there. `bin/python` and the like can only be given to `python`, the interpreter. "
        "Does not influence the lock.",
        example='[collisions]\n"bin/tool" = "some-package"\n'
        '"lib/python3.11/site-packages/cv2" = "opencv-python-headless"',
    ),
    Key(
        path="links.copy",
        kind="array of strings",
        default="[]",
        meaning="Packages whose files are copied into the environment. Others are linked: a "
        "directory where one package alone brings it, else each file; so a path that is resolved "
        "(`os.path.realpath(__file__)`) leads to the package's own output, where its neighbours "
        "are not. An image holds a copied package twice. Does not influence the lock.",
        example='[links]\ncopy = ["zope-interface"]',
    ),
    Key(
        path="checks.imports",
        kind="array of strings",
        default="[]",
        meaning="Modules that `harness test` imports besides the outermost modules of the "
        "dependencies, each in a process of its own.",
        example='[checks]\nimports = ["mlserver.cli"]',
    ),
    Key(
        path="checks.skip-imports",
        kind="array of strings",
        default="[]",
        meaning="Modules that are not imported, with what is in them.",
        example='[checks]\nskip-imports = ["uv"]',
    ),
    Key(
        path="checks.commands",
        kind="table: name -> bash command line",
        default="empty",
        meaning="Commands that must end with status 0, each in a sandbox with the environment on "
        "PATH, an empty home and no network. There are bash, as `sh` too, and Python, but neither "
        "/bin/sh nor coreutils, unless `debian-packages` names those.",
        example="[checks.commands]\nsmoke = \"python -c 'import sklearn'\"",
    ),
    Key(
        path="image.command",
        kind="array of strings",
        default="none; required where there is `[image]`",
        meaning="What a container of the image runs: a program, found on the environment's PATH, "
        "and its arguments.",
        example='[image]\ncommand = ["mlserver", "start", "/srv/models"]',
    ),
    Key(
        path="image.user",
        kind="string",
        default='"app"',
        meaning="Who runs it; a number above 0 stands in the image's configuration. `root` has to "
        "be said.",
        example='[image]\ncommand = ["true"]\nuser = "serving"',
    ),
    Key(
        path="image.working-directory",
        kind="string",
        default='"/"',
        meaning="Where it runs: an absolute path.",
        example='[image]\ncommand = ["true"]\nworking-directory = "/srv"',
    ),
    Key(
        path="image.environment",
        kind="table: name -> value",
        default="PATH, LANG, TZDIR, SSL_CERT_FILE, VIRTUAL_ENV and HOME",
        meaning="Variables, besides or in place of the default ones.",
        example='[image]\ncommand = ["true"]\nenvironment = { OMP_NUM_THREADS = "1" }',
    ),
    Key(
        path="image.ports",
        kind="array of strings",
        default="[]",
        meaning="Ports that it listens on, with tcp or udp.",
        example='[image]\ncommand = ["true"]\nports = ["8080/tcp"]',
    ),
    Key(
        path="image.labels",
        kind="table: name -> text",
        default="empty",
        meaning="Labels of the image, besides those that harness sets: the hash of the lock, and "
        "the revision if a flake passes it.",
        example='[image]\ncommand = ["true"]\nlabels = { "org.example.team" = "search" }',
    ),
    Key(
        path="image.files",
        kind="table: path in the image -> path",
        default="empty",
        meaning="Files and directories that are added, from below the environment's directory and "
        "through no link.",
        example='[image]\ncommand = ["true"]\nfiles = { "/srv/settings.json" = "settings.json" }',
    ),
    Key(
        path="image.artefacts",
        kind="table: path in the image -> command and inputs",
        default="empty",
        meaning="What the environment makes itself, in the sandbox, with the programs that checks "
        "have: a bash command line that writes `$out`, run where `inputs`, paths below the "
        "environment's directory, are. Rebuilt and compared as everything else is.",
        example="[image]\n"
        'command = ["true"]\n'
        '[image.artefacts."/srv/models"]\n'
        'command = "python train.py"\n'
        'inputs = ["train.py"]',
    ),
    Key(
        path="image.read-only",
        kind="boolean",
        default="true",
        meaning="Whether the container's files are meant to be read-only; a label says so.",
        example='[image]\ncommand = ["true"]\nread-only = false',
    ),
    Key(
        path="image.writable",
        kind="array of strings",
        default='["/tmp"]',
        meaning="Directories that a read-only container still needs to write to; a label says so. "
        "They are mounted empty, so none may hold anything of the image.",
        example='[image]\ncommand = ["true"]\nwritable = ["/tmp", "/var/cache"]',
    ),
    Key(
        path="shadow.production",
        kind="string",
        default="none; required where there is `[shadow]`",
        meaning="The image to compare with: a reference that the container engine knows, or a "
        "path below the environment's directory that ends in `.tar`. Nothing is pulled.",
        example=_SHADOW,
    ),
    Key(
        path="shadow.protocol",
        kind="string",
        default="none; required where there is `[shadow]`",
        meaning="How requests and answers are read: `open-inference-v2`, `mlflow` or `json`.",
        example=_SHADOW,
    ),
    Key(
        path="shadow.recording",
        kind="string",
        default="none; required where there is `[shadow]`",
        meaning="The recorded requests, below the environment's directory: what "
        "`harness record` writes, or JSON lines with "
        "`method`, `target` and `body`, `body-text` or `body-base64`; also `at` and "
        "`headers`.",
        example=_SHADOW,
    ),
    Key(
        path="shadow.port",
        kind="integer",
        default="8080",
        meaning="Where the service listens inside its container.",
        example=_SHADOW + "port = 8081\n",
    ),
    Key(
        path="shadow.health",
        kind="string",
        default="the protocol's",
        meaning="A path that is answered with success once the service is ready.",
        example=_SHADOW + 'health = "/health"\n',
    ),
    Key(
        path="shadow.volatile",
        kind="array of strings",
        default="[]",
        meaning="Fields of an answer whose values say nothing; only presence, type and shape are "
        "compared. A header is `header:` and its name.",
        example=_SHADOW + 'volatile = ["trace-id", "header:location"]\n',
    ),
    Key(
        path="shadow.headers",
        kind="array of strings",
        default="[]",
        meaning="Headers of answers to compare besides those that always are; docs/shadow.md lists "
        "them.",
        example=_SHADOW + 'headers = ["X-Model-Version"]\n',
    ),
    Key(
        path="shadow.scores",
        kind="array of strings",
        default="none",
        meaning="Fields whose largest value is a class, besides those that are told by their form.",
        example=_SHADOW + 'scores = ["outputs.probability"]\n',
    ),
    Key(
        path="shadow.tolerances",
        kind="table: field -> absolute, relative",
        default="those of the number's type",
        meaning="How far two numbers of a field may be apart.",
        example=_SHADOW + '[shadow.tolerances."outputs.score"]\nrelative = 1e-6\n',
    ),
    Key(
        path="shadow.margins",
        kind="table",
        default="0.01, median 0.05",
        meaning="How much worse is still no worse: `outputs` and `errors` are shares of "
        "requests, `median` is relative, `tail` a share of requests slower than `slow` "
        "seconds.",
        example=_SHADOW + "margins = { median = 0.1, slow = 0.5 }\n",
    ),
    Key(
        path="shadow.latency-floor",
        kind="float",
        default="0.1",
        meaning="Milliseconds by which a request may take longer in any case, where the relative "
        "margin is less.",
        example=_SHADOW + "latency-floor = 0.02\n",
    ),
    Key(
        path="shadow.alpha",
        kind="float",
        default="0.01",
        meaning="The probability that a run of an unchanged service fails.",
        example=_SHADOW + "alpha = 0.001\n",
    ),
    Key(
        path="shadow.tail-blocks",
        kind="boolean",
        default="false",
        meaning="Whether PASS needs the tail of latencies too.",
        example=_SHADOW + "tail-blocks = true\n",
    ),
    Key(
        path="shadow.requests",
        kind="integer",
        default="2000",
        meaning="The most requests that are asked one after the other.",
        example=_SHADOW + "requests = 10000\n",
    ),
    Key(
        path="shadow.timeout",
        kind="float",
        default="30",
        meaning="Seconds after which an answer is missing.",
        example=_SHADOW + "timeout = 5\n",
    ),
    Key(
        path="shadow.ready-within",
        kind="float",
        default="120",
        meaning="Seconds that a service may take until it is ready.",
        example=_SHADOW + "ready-within = 600\n",
    ),
    Key(
        path="shadow.rate",
        kind='float or "recorded"',
        default="0",
        meaning="Requests a second that are sent afterwards without waiting for answers, each "
        'arm alone; 0 sends none, "recorded" keeps the distances of the recording.',
        example=_SHADOW + "rate = 100\n",
    ),
    Key(
        path="shadow.seconds",
        kind="float",
        default="60",
        meaning="For how long at most, each arm; a recording is not repeated.",
        example=_SHADOW + "rate = 100\nseconds = 20\n",
    ),
    Key(
        path="shadow.starts",
        kind="integer",
        default="0",
        meaning="How often each arm is started to compare memory, CPU time and start time: 0, "
        "or 7 and more.",
        example=_SHADOW + "starts = 7\n",
    ),
    Key(
        path="shadow.group-by",
        kind="string",
        default="none",
        meaning="The path of a field of the request's JSON: requests are also compared by its "
        "values.",
        example=_SHADOW + 'group-by = "parameters.channel"\n',
    ),
    Key(
        path="shadow.group-by-endpoint",
        kind="boolean",
        default="false",
        meaning="Whether method and path, without ids, are a group; before the field's value if "
        "there is `group-by`.",
        example=_SHADOW + "group-by-endpoint = true\n",
    ),
    Key(
        path="shadow.exclude",
        kind="array of strings",
        default="[]",
        meaning="Requests that are not asked: paths with `*`, which stands for `/` too, and before "
        "each a method or none.",
        example=_SHADOW + 'exclude = ["/metrics", "DELETE /*"]\n',
    ),
    Key(
        path="shadow.order",
        kind="string",
        default='"drawn"',
        meaning="In which order requests are asked: `drawn`, so that all endpoints come early, or "
        "`recorded`, for services whose answers depend on earlier requests.",
        example=_SHADOW + 'order = "recorded"\n',
    ),
    Key(
        path="shadow.confinement",
        kind="table",
        default="2048, 256, /tmp",
        meaning="What an arm may use: `memory` in MiB, `processes` and threads, `writable` "
        "directories, which are kept in memory.",
        example=_SHADOW + 'confinement = { memory = 4096, writable = ["/tmp", "/run"] }\n',
    ),
    Key(
        path="benign",
        kind="array of tables",
        default="empty",
        meaning="Differences that are expected (docs/statements.md): a `path` inside an output, a "
        "`field` as `harness verify` names it, a `reason`, and the last day on which it counts. "
        "The verdict stays as it is; one that has expired, or is not found, is an error. Does not "
        "influence the lock.",
        example='[[benign]]\npath = "share/doc/index.html"\nfield = "line 4, word 6"\n'
        'reason = "the date of the build, shown to readers"\nexpires = "2027-01-31"',
    ),
)
"""Every key of env.toml, in the order of the page."""

SETTINGS = (
    Key(
        path="environments",
        kind="string",
        default='"envs"',
        meaning="The directory of the environments, relative to the repository.",
        example='environments = "envs"',
    ),
    Key(
        path="record-urls",
        kind="boolean",
        default="false",
        meaning="Whether locks say where each file came from, besides its name and hash.",
        example="record-urls = false",
    ),
    Key(
        path="trusted-keys",
        kind="array of tables",
        default="empty",
        meaning="Whose statements `harness verify --against` counts, unless `--trust FILE` names "
        "others: a `builder`, its `public-key` in PEM, and the last day on which it counts "
        "(optional).",
        example='[[trusted-keys]]\nbuilder = "ci"\nexpires = "2027-01-31"\npublic-key = """\n'
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        '-----END PUBLIC KEY-----\n"""',
    ),
)
"""Every key of `[tool.harness]` in pyproject.toml, or of harness.toml."""
