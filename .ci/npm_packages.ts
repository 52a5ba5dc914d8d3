/**
 * Packs the binaries of a release for the npm registry: `deno task compile:npm` reads `dist/culvert-TARGET` and writes
 * `dist/npm/*.tgz`. Each platform has a package with its binary; `@culvert/culvert` depends on all of them, of which
 * npm installs the one that fits, and starts it. No package has an install script.
 *
 * The command of `@culvert/culvert` is a shell script, because starting Node to start the binary would take longer than
 * the binary itself. Windows has no `/bin/sh`: there the package of the platform is installed directly.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../lib/version.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DIST = join(ROOT, "dist");
const MAIN = "@culvert/culvert";

/** A platform that has a package. `os` and `cpu` are npm's names. */
interface Platform {
  readonly target: string;
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
}

const PLATFORMS: readonly Platform[] = [
  { target: "x86_64-unknown-linux-gnu", os: "linux", cpu: "x64" },
  { target: "aarch64-unknown-linux-gnu", os: "linux", cpu: "arm64" },
  { target: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
  { target: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
  { target: "x86_64-pc-windows-msvc", os: "win32", cpu: "x64" },
];

const COMMON = {
  version: VERSION,
  license: "MIT",
  repository: { type: "git", url: "git+https://github.com/culvert/culvert.git" },
};

function packageOf({ os, cpu }: Platform): string {
  return `@culvert/${os}-${cpu}`;
}

function binaryOf({ target, os }: Platform): string {
  return join(DIST, `culvert-${target}${os === "win32" ? ".exe" : ""}`);
}

async function main(): Promise<void> {
  const out = join(DIST, "npm");
  await Deno.remove(out, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(out, { recursive: true });
  const built = [];
  for (const platform of PLATFORMS) {
    if (await exists(binaryOf(platform))) built.push(platform);
    else console.log(`${packageOf(platform)} is left out: there is no ${binaryOf(platform)}`);
  }
  if (built.length === 0) throw new Error("There is no binary to pack. Run: deno task compile:all");
  for (const platform of built) await packPlatform(platform, out);
  await packMain(out);
}

async function packPlatform(platform: Platform, out: string): Promise<void> {
  const { os, cpu } = platform;
  const file = os === "win32" ? "culvert.exe" : "culvert";
  await pack(out, async (folder) => {
    await Deno.copyFile(binaryOf(platform), join(folder, file));
    await Deno.chmod(join(folder, file), 0o755);
    return {
      name: packageOf(platform),
      ...COMMON,
      description: `The culvert binary for ${os} ${cpu}`,
      os: [os],
      cpu: [cpu],
      ...(os === "linux" ? { libc: ["glibc"] } : {}),
      bin: { culvert: file },
      files: [file],
    };
  });
}

async function packMain(out: string): Promise<void> {
  await pack(out, async (folder) => {
    await Deno.mkdir(join(folder, "bin"));
    await Deno.copyFile(join(ROOT, ".ci", "npm_launcher.sh"), join(folder, "bin", "culvert"));
    await Deno.chmod(join(folder, "bin", "culvert"), 0o755);
    await Deno.copyFile(join(ROOT, "README.md"), join(folder, "README.md"));
    return {
      name: MAIN,
      ...COMMON,
      description: "Streams from OpenAI's Responses API through corporate networks",
      os: ["linux", "darwin"],
      bin: { culvert: "bin/culvert" },
      files: ["bin/culvert", "README.md"],
      optionalDependencies: Object.fromEntries(PLATFORMS.map((each) => [packageOf(each), VERSION])),
    };
  });
}

/** Fills a temporary folder, writes its `package.json`, and packs it into `out`. */
async function pack(out: string, fill: (folder: string) => Promise<Record<string, unknown>>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "culvert-npm-" });
  try {
    const manifest = await fill(folder);
    await Deno.copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
    await Deno.writeTextFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
    const { code } = await new Deno.Command(npm, {
      args: ["pack", "--silent", "--ignore-scripts", "--pack-destination", out],
      cwd: folder,
    }).spawn().status;
    if (code !== 0) throw new Error(`npm pack of ${manifest["name"]} exited with ${code}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) await main();
