/**
 * Compiles the program. `deno task compile` writes `dist/culvert` for this machine; with `--target TARGET` it
 * writes `dist/culvert-TARGET` for another one. `deno task compile:all` writes the five binaries of a release, each also
 * as `dist/culvert-TARGET.gz`, and `dist/SHA256SUMS`.
 *
 * The program is bundled first, with code splitting, and minified: a bundle starts faster and is smaller than the modules
 * one by one.
 *
 * Variables: `COMPILE_DENO` names the Deno that compiles (default: the one that runs this script). `DENORT_BIN` names
 * the runtime to join the program to where it cannot be downloaded; `deno compile` reads it itself, and it must have
 * the version of the Deno that compiles.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { PERMISSIONS } from "./permissions.ts";
import { START_PATH } from "./start_path.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DIST = join(ROOT, "dist");

/** What a release publishes. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

async function main(args: readonly string[]): Promise<void> {
  await Deno.mkdir(DIST, { recursive: true });
  const folder = await Deno.makeTempDir({ prefix: "culvert-bundle-" });
  try {
    await bundle("main.ts", folder, START_PATH);
    const entry = join(folder, "main.js");
    await checkSelfContained(entry);
    const [option, target] = args;
    if (option === "--all") await compileAll(entry);
    else if (option === "--target" && target !== undefined) await compile(entry, binaryFor(target), target);
    else await compile(entry, join(DIST, Deno.build.os === "windows" ? "culvert.exe" : "culvert"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Throws where the bundle imports a module that is not part of it. */
async function checkSelfContained(entry: string): Promise<void> {
  const info = await output(Deno.execPath(), ["info", "--no-config", "--json", entry]);
  const graph: { readonly modules: readonly { readonly specifier: string; readonly error?: string }[] } = JSON
    .parse(info);
  const outside = graph.modules.filter(({ specifier, error }) =>
    error !== undefined || !/^(file|node):/.test(specifier)
  );
  if (outside.length > 0) {
    const names = outside.map(({ specifier, error }) => `${specifier}${error ? ` (${error})` : ""}`);
    throw new Error(`The bundle is not self-contained: ${names.join(", ")}`);
  }
}

function binaryFor(target: string): string {
  return join(DIST, `culvert-${target}${target.includes("windows") ? ".exe" : ""}`);
}

async function compile(entry: string, file: string, target?: string): Promise<void> {
  const deno = Deno.env.get("COMPILE_DENO") || Deno.execPath();
  // No code cache: it saves about 1 ms of a start, and is kept in a temporary folder that other users can write to.
  const options = [
    "--quiet",
    "--no-check",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    "--no-code-cache",
  ];
  await run(deno, [
    "compile",
    ...options,
    ...PERMISSIONS,
    ...(target === undefined ? [] : ["--target", target]),
    "--output",
    file,
    entry,
  ]);
  const { size } = await Deno.stat(file);
  console.log(`${file}  ${(size / 1e6).toFixed(1)} MB`);
}

async function compileAll(entry: string): Promise<void> {
  const sums: string[] = [];
  for (const target of TARGETS) {
    const file = binaryFor(target);
    await compile(entry, file, target);
    const packed = await gzip(await Deno.readFile(file));
    await Deno.writeFile(`${file}.gz`, packed);
    sums.push(`${await sha256(packed)}  culvert-${target}${target.includes("windows") ? ".exe" : ""}.gz`);
  }
  await Deno.writeTextFile(join(DIST, "SHA256SUMS"), `${sums.join("\n")}\n`);
}

async function gzip(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code } = await new Deno.Command(command, { args: [...args], cwd: ROOT }).spawn().status;
  if (code !== 0) throw new Error(`${command} ${args[0]} exited with ${code}`);
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command(command, { args: [...args], stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`${command} ${args[0]} exited with ${code}`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) await main(Deno.args);
