import { assert, assertEquals } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { AgentRig, POLICY } from "../auth/agent_kit.ts";
import { bench, PLANTED_KEY } from "../respond/kit.ts";
import { skippedIf } from "../../support/skipped.ts";

const ROOT = new URL("../../../", import.meta.url);

/** What a process loaded. */
interface Loaded {
  /** Own modules, as paths from the top of the repository. */
  readonly own: readonly string[];
  /** Own modules that were read, whether or not they ran, likewise. */
  readonly read: readonly string[];
  /** Packages of npm. */
  readonly packages: readonly string[];
  /** Modules of Node's kind that were imported by name. */
  readonly builtins: readonly string[];
}

/**
 * Runs the program under `deno run` with the runtime's coverage, which has a file for each module that ran, whatever
 * the caches hold. Node's own are not among those; for them there is the runtime's log, which names each that comes
 * out of the code cache. (Of other modules it names those that go into the cache after the program has run, too late
 * for one that exits at once: on a machine where nothing had run before, `--version` was said to load nothing.)
 */
async function loadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-loaded-" });
  try {
    const coverage = join(directory, "coverage");
    const options = ["-A", "--no-check", "--log-level=debug", `--coverage=${coverage}`];
    const { stderr, code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...options, fromFileUrl(new URL("main.ts", ROOT)), ...args],
      cwd: directory,
      clearEnv: true,
      env: scrubbedEnv({ CODEX_HOME: directory, NO_COLOR: "1", ...env }),
      stdin: "null",
      stdout: "null",
    }).output();
    const log = new TextDecoder().decode(stderr);
    assertEquals(code, 0, log.slice(-1_000));
    const modules = await modulesIn(coverage);
    const packages = modules.flatMap((url) => /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/\d/.exec(url)?.[1] ?? []);
    const builtins = [...log.matchAll(/V8 code cache (?:\w+ )?for ES module: (node:[^,\s]+)/g)];
    const read = [...log.matchAll(/fetch_no_follow - specifier: (\S+)/g)].map(([, url = ""]) => url);
    return {
      own: ownPaths(modules),
      read: ownPaths(read),
      packages: [...new Set(packages)].toSorted(),
      builtins: builtins.map(([, name = ""]) => name).toSorted(),
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function ownPaths(urls: readonly string[]): readonly string[] {
  const own = urls.filter((url) => url.startsWith(ROOT.href)).map((url) => url.slice(ROOT.href.length));
  return [...new Set(own)].toSorted();
}

/** The addresses in a folder of coverage files. */
async function modulesIn(coverage: string): Promise<readonly string[]> {
  const urls: string[] = [];
  for await (const { name } of Deno.readDir(coverage)) {
    const script: { readonly url: string } = JSON.parse(await Deno.readTextFile(join(coverage, name)));
    urls.push(script.url);
  }
  return urls;
}

const LACKS = (Deno.env.get("CULVERT_UNDER_TEST") ?? "") === "" ? undefined : "a binary is under test";

Deno.test({ ...skippedIf(LACKS, "--version loads five modules and no package") }, async () => {
  const five = ["lib/cli/app/process.ts", "lib/cli/app/run.ts", "lib/errors.ts", "lib/version.ts", "main.ts"];
  assertEquals(await loadedBy(["--version"]), { own: five, read: five, packages: [], builtins: [] });
});

Deno.test(
  { ...skippedIf(LACKS, "--help and completion load the parser and the words of commands, no deeds") },
  async () => {
    for (const args of [["--help"], ["respond", "--help"], ["__complete", "--shell", "bash", "--", "re"]]) {
      const { own, packages, builtins } = await loadedBy(args);
      assertEquals([packages, builtins], [["@stricli/core"], []], args.join(" "));
      const others = own.filter((path) => !/^(main|lib\/(errors|version)|lib\/cli\/[^/]+)\.ts$/.test(path));
      const allowed = /^lib\/cli\/(commands|reference|completion)\//;
      assertEquals(others.filter((path) => !allowed.test(path)), [], args.join(" "));
      assert(own.includes("lib/cli/respond/command.ts"));
    }
  },
);

/** Packages that a plain answer over SSE has no use for. */
const HEAVY = [
  "@peculiar/x509",
  "ajv",
  "hono",
  "oauth4webapi",
  "smol-toml",
  "ws",
  "zod",
];
/** Modules of Node's kind that cost as much as an empty program's start, or a good part of it. */
const HEAVY_BUILTINS = /^node:(crypto|fs|http2?|https|net|path|stream|tls|zlib)/;

Deno.test(
  { ...skippedIf(LACKS, "respond loads no heavy library before its request, nor after a plain answer") },
  async () => {
    await using server = await bench();
    const env = { CODEX_CA_CERTIFICATE: server.bundle, CULVERT_API_KEY: PLANTED_KEY };
    const words = ["respond", "--base-url", server.api.baseUrl, "hi"];
    for (const args of [[...words, "--dry-run"], words]) {
      const { packages, builtins } = await loadedBy(args, env);
      assertEquals(packages.filter((name) => HEAVY.includes(name)), [], args.join(" "));
      assertEquals(builtins.filter((name) => HEAVY_BUILTINS.test(name)), [], args.join(" "));
      assert(packages.includes("@stricli/core"));
    }
  },
);

Deno.test({ ...skippedIf(LACKS, "what a plain answer has no use for is not even read") }, async () => {
  await using server = await bench({ scenario: { text: ["1"] } });
  const env = { CODEX_CA_CERTIFICATE: server.bundle, CULVERT_API_KEY: PLANTED_KEY };
  const { own, read } = await loadedBy(["respond", "--base-url", server.api.baseUrl, "hi"], env);
  assert(read.includes("lib/responses/turn/session.ts"), read.join(" "));
  // The one that is left is below lib/mod.ts, whose imports stay in sight of every tool.
  assertEquals(read.filter((path) => !own.includes(path)), ["lib/config/config_schema.ts"]);
});

Deno.test(
  { ...skippedIf(LACKS, "a key from the environment loads no store, a login in auth.json no other one") },
  async () => {
    const directory = await Deno.makeTempDir({ prefix: "culvert-stores-" });
    try {
      await Deno.writeTextFile(`${directory}/auth.json`, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}');
      const stores = /^lib\/auth\/(auth_file|whole_file|.*_store|keyring.*|secret.*|.*_tool)\.ts$/;
      const given = { CODEX_HOME: directory };
      const args = ["respond", "--dry-run", "hi"];
      const keyed = await loadedBy(args, { ...given, OPENAI_API_KEY: PLANTED_KEY });
      assertEquals(keyed.own.filter((path) => stores.test(path)), ["lib/auth/store/open_store.ts"]);
      const stored = await loadedBy(args, given);
      assertEquals(stored.own.filter((path) => stores.test(path)), [
        "lib/auth/store/auth_file.ts",
        "lib/auth/store/open_store.ts",
        "lib/auth/store/whole_file.ts",
      ]);
      assertEquals(stored.read.filter((path) => stores.test(path) && !stored.own.includes(path)), []);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

Deno.test({
  ...skippedIf(LACKS, "a ChatGPT login brings what signs for it where the configuration asks for that alone"),
}, async () => {
  for (const [toml, isAsked] of [["", false], [POLICY, true]] as const) {
    await using rig = await AgentRig.start(toml);
    const { read } = await loadedBy(["respond", "--transport", "sse", "hi"], rig.env);
    assert(read.includes("lib/auth/chatgpt/managed_login.ts"));
    assertEquals(read.some((path) => path.startsWith("lib/auth/agent_")), isAsked, toml);
  }
});

Deno.test({
  ...skippedIf(
    LACKS,
    "config.toml brings the libraries that read it, and --output-schema the one that checks",
  ),
}, async () => {
  await using server = await bench({ scenario: { text: ["1"] } });
  await Deno.writeTextFile(`${server.directory}/config.toml`, 'model = "x"\n');
  await Deno.writeTextFile(`${server.directory}/schema.json`, '{"type":"number"}');
  const env = {
    CODEX_CA_CERTIFICATE: server.bundle,
    CULVERT_API_KEY: PLANTED_KEY,
    CODEX_HOME: server.directory,
  };
  const words = ["respond", "--base-url", server.api.baseUrl, "hi"];
  const configured = await loadedBy([...words, "--dry-run"], env);
  assertEquals(configured.packages.filter((name) => HEAVY.includes(name)), ["smol-toml", "zod"]);
  const checked = await loadedBy([...words, "--output-schema", `${server.directory}/schema.json`], env);
  assertEquals(checked.packages.filter((name) => HEAVY.includes(name)), ["ajv", "smol-toml", "zod"]);
});
