import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";
import { bench, PLANTED_KEY } from "./respond_kit.ts";

const ROOT = new URL("../../", import.meta.url);

/** What a process loaded. */
interface Loaded {
  /** Own modules, as paths from the top of the repository. */
  readonly own: readonly string[];
  /** Packages of npm. */
  readonly packages: readonly string[];
  /** Modules of Node's kind that were imported by name. */
  readonly builtins: readonly string[];
}

/**
 * Runs the program under `deno run` with the runtime's log, in which there is a line for each module that is
 * compiled.
 */
async function loadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-loaded-" });
  try {
    const { stderr, code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--log-level=debug", fromFileUrl(new URL("main.ts", ROOT)), ...args],
      cwd: directory,
      clearEnv: true,
      env: scrubbedEnv({ CODEX_HOME: directory, NO_COLOR: "1", ...env }),
      stdin: "null",
      stdout: "null",
    }).output();
    assertEquals(code, 0);
    const log = new TextDecoder().decode(stderr);
    const modules = [...log.matchAll(/V8 code cache (?:\w+ )?for ES module: ([^,\s]+)/g)].map((
      [, name = ""],
    ) => name);
    // CommonJS is not in those lines, but each of its packages is looked up.
    const resolved = [...log.matchAll(/referrer=file:\S*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/\d/g)];
    const imported = modules.flatMap((name) =>
      /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/\d/.exec(name)?.[1] ?? []
    );
    return {
      own: modules.filter((name) => name.startsWith(ROOT.href)).map((name) => name.slice(ROOT.href.length)),
      packages: [...new Set([...imported, ...resolved.map(([, name = ""]) => name)])].toSorted(),
      builtins: modules.filter((name) => name.startsWith("node:")).toSorted(),
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const ignore = (Deno.env.get("CULVERT_UNDER_TEST") ?? "") !== "";

Deno.test({ name: "--version loads five modules and no package", ignore }, async () => {
  assertEquals(await loadedBy(["--version"]), {
    own: ["main.ts", "lib/cli/process.ts", "lib/cli/run.ts", "lib/errors.ts", "lib/version.ts"],
    packages: [],
    builtins: [],
  });
});

Deno.test(
  { name: "--help and completion load the parser and the words of commands, no deeds", ignore },
  async () => {
    for (const args of [["--help"], ["respond", "--help"], ["__complete", "--shell", "bash", "--", "re"]]) {
      const { own, packages, builtins } = await loadedBy(args);
      assertEquals([packages, builtins], [["@stricli/core"], []], args.join(" "));
      const others = own.filter((path) => !/^(main|lib\/(errors|version)|lib\/cli\/[^/]+)\.ts$/.test(path));
      const allowed = /^lib\/cli\/(commands|reference|completion)\//;
      assertEquals(others.filter((path) => !allowed.test(path)), [], args.join(" "));
      assert(own.includes("lib/cli/commands/respond.ts"));
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
  { name: "respond loads no heavy library before its request, nor after a plain answer", ignore },
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

Deno.test({
  name: "config.toml brings the libraries that read it, and --output-schema the one that checks",
  ignore,
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
