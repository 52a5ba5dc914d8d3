import { bundle } from "../../.ci/bundle.ts";
import { PERMISSIONS } from "../../.ci/permissions.ts";
import { START_PATH } from "../../.ci/start_path.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { fromFileUrl, join } from "../support/paths.ts";
import { installed } from "../support/programs.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";
import { lackOfNetwork } from "../support/runtime_abilities.ts";
import { skippedIf } from "../support/skipped.ts";
import { startMockApi } from "../../lib/mock/api/api.ts";
import { VERSION } from "../../lib/version.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const X64 = join(ROOT, "dist", "culvert-x86_64-unknown-linux-gnu");
const ARM64 = join(ROOT, "dist", "culvert-aarch64-unknown-linux-gnu");
/** Folder of Debian for the libraries of arm64 programs (`libc6-arm64-cross`, `libgcc-s1-arm64-cross`). */
const ARM64_LIBRARIES = "/usr/aarch64-linux-gnu";

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function missingForPackages(): Promise<string | undefined> {
  if (!await isFile(X64)) return `no ${X64}: deno task compile --target x86_64-unknown-linux-gnu`;
  return await installed("npm") ? undefined : "no npm";
}

async function missingForArm64(): Promise<string | undefined> {
  if (!await isFile(ARM64)) return `no ${ARM64}: deno task compile --target aarch64-unknown-linux-gnu`;
  return await missingForEmulation();
}

async function missingForEmulation(): Promise<string | undefined> {
  if (!await installed("qemu-aarch64-static")) return "no qemu-user-static";
  return await isFile(`${ARM64_LIBRARIES}/lib/libgcc_s.so.1`) ? undefined : "no libgcc-s1-arm64-cross";
}

const TEMPORARY_HOME = Deno.makeTempDirSync({ prefix: "culvert-npm-home-" });
globalThis.addEventListener("unload", () => Deno.removeSync(TEMPORARY_HOME, { recursive: true }));

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: scrubbedEnv({ HOME: TEMPORARY_HOME, CODEX_HOME: TEMPORARY_HOME, npm_config_offline: "true" }),
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(
    code === 0,
    `${command} ${args.join(" ")} exited with ${code}: ${text}${new TextDecoder().decode(stderr)}`,
  );
  return text;
}

const ANSWER = "Water flows under the road.";

/** Runs `respond` with a command against a simulated API in this process, and returns its answer. */
async function respondBy(command: string, words: readonly string[]): Promise<string> {
  await using api = await startMockApi({ plain: true, open: true });
  api.enqueue({ text: ANSWER });
  return await run(command, [...words, "respond", "-q", "--base-url", api.baseUrl, "hi"], ROOT);
}

interface Manifest {
  readonly name: string;
  readonly scripts?: unknown;
  readonly os: readonly string[];
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
}

const missing = await missingForPackages();

Deno.test(
  skippedIf(
    missing,
    "the npm packages install from tarballs into an empty prefix, and npx starts the binary",
  ),
  async () => {
    await run(Deno.execPath(), ["run", "-A", "--quiet", join(ROOT, ".ci", "npm_packages.ts")], ROOT);
    const tarballs = [...Deno.readDirSync(join(ROOT, "dist", "npm"))].map(({ name }) =>
      join(ROOT, "dist", "npm", name)
    );
    const installable = tarballs.filter((path) => /culvert-(culvert|linux-x64)-[^/]*\.tgz$/.test(path));
    assertEquals(installable.length, 2, tarballs.join());
    const prefix = await Deno.makeTempDir({ prefix: "culvert-npm-test-" });
    try {
      await Deno.writeTextFile(join(prefix, "package.json"), '{"private":true}');
      await run("npm", ["install", "--no-audit", "--no-fund", ...installable], prefix);
      assertEquals(await run("npx", ["--no-install", "culvert", "--version"], prefix), `${VERSION}\n`);
      const answer = await respondBy(join(prefix, "node_modules", ".bin", "culvert"), []);
      assertEquals(answer, `${ANSWER}\n`);
      for (const name of ["culvert", "linux-x64"]) {
        const manifest = await manifestOf(join(prefix, "node_modules", "@culvert", name));
        assertEquals([manifest.name, manifest.scripts], [`@culvert/${name}`, undefined]);
        assertIncludes(manifest.os.join(), "linux");
      }
    } finally {
      await Deno.remove(prefix, { recursive: true });
    }
  },
);

Deno.test(
  skippedIf(
    missing,
    "without the package of the platform, the npm command names it and explains how to install it",
  ),
  async () => {
    const prefix = await Deno.makeTempDir({ prefix: "culvert-npm-test-" });
    try {
      const bin = join(prefix, "node_modules", "@culvert", "culvert", "bin");
      await Deno.mkdir(bin, { recursive: true });
      await Deno.copyFile(join(ROOT, ".ci", "npm_launcher.sh"), join(bin, "culvert"));
      const { code, stderr } = await new Deno.Command("sh", { args: [join(bin, "culvert"), "--version"] })
        .output();
      const message = new TextDecoder().decode(stderr);
      assertEquals(code, 2);
      assertIncludes(
        message,
        `@culvert/linux-${Deno.build.arch === "aarch64" ? "arm64" : "x64"} is not installed`,
      );
      assertIncludes(message, "npm install -g @culvert/culvert");
    } finally {
      await Deno.remove(prefix, { recursive: true });
    }
  },
);

Deno.test(
  skippedIf(await missingForArm64(), "the arm64 binary streams an answer under emulation"),
  async () => {
    const answer = await respondBy("qemu-aarch64-static", ["-L", ARM64_LIBRARIES, ARM64]);
    assertEquals(answer, `${ANSWER}\n`);
  },
);

Deno.test(
  skippedIf(
    await missingForArm64() ?? await lackOfNetwork(),
    "the arm64 binary runs the demo under emulation",
  ),
  async () => {
    const answer = await run("qemu-aarch64-static", ["-L", ARM64_LIBRARIES, ARM64, "demo"], ROOT);
    assertMatch(answer, /^A culvert is a channel .* cut connections\.\n$/);
  },
);

const ARM64_DENO = Deno.env.get("CULVERT_ARM64_DENO");

Deno.test({
  ...skippedIf(
    ARM64_DENO === undefined ? "no CULVERT_ARM64_DENO" : await missingForEmulation(),
    "the program of the arm64 binary runs the demo under emulation, on the pinned runtime",
  ),
  // The emulator takes about a minute.
  timeout: 300_000,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "culvert-arm64-" });
    try {
      await bundle("main.ts", folder, START_PATH);
      const program = [
        "run",
        "--no-config",
        "--unstable-lazy-dynamic-imports",
        ...PERMISSIONS,
        join(folder, "main.js"),
      ];
      const emulated = ["-L", ARM64_LIBRARIES, ARM64_DENO ?? "", ...program, "demo"];
      const answer = await run("qemu-aarch64-static", emulated, folder);
      assertMatch(answer, /^A culvert is a channel .* cut connections\.\n$/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
