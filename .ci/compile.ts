/**
 * Makes the binary: `deno task compile` writes `dist/culvert` for this machine, `deno task compile:all` the five
 * that a release publishes, each as `dist/culvert-TARGET.gz`, with `dist/SHA256SUMS`.
 *
 * The program is bundled and minified first, into one file for the start and one for each module that is loaded
 * late. Measured with Deno 2.4.2 on Linux x64 (a program with every library of `deno.json`; an empty binary has
 * 19 ms and 46 MB): bundled and split 86.3 MB on disk, 21 ms CPU and 48 MB resident for `--version`; bundled
 * into one file 86.4 MB, 26 ms, 51 MB; not bundled 98.7 MB, 36 ms, 62 MB. `deno compile --bundle` does not split,
 * and versions before 2.9 have no such flag: so the bundle is made by the Deno that runs this script, and
 * whichever Deno compiles is given plain JavaScript.
 *
 * Variables: `COMPILE_DENO`, the Deno that compiles (default: the one that runs this script); `DENORT_BIN`, the
 * runtime to join the program to, where it cannot be downloaded (read by `deno compile` itself; same version as
 * the Deno that compiles, and for its target only).
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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

/** The least that every command together needs. Nothing else is granted, and nothing is ever asked for. */
const PERMISSIONS = [
  // Any host the user names, and the loopback servers of `demo` and `auth login`.
  "--allow-net",
  // CA bundles, config.toml, auth.json, prompts, pictures, schemas: wherever the user keeps them.
  "--allow-read",
  // `-o FILE`, auth.json and its lock.
  "--allow-write",
  // config.toml may name any variable as the place of a key; proxy variables are hidden for single calls.
  "--allow-env",
  // The User-Agent names the system; libraries of Node's kind ask for the user and group they run as.
  "--allow-sys=osRelease,hostname,uid,gid,homedir",
  // The command of a provider that prints a token, the browser of `auth login`, the program of the keyring.
  "--allow-run",
  "--no-prompt",
];

async function main(all: boolean): Promise<void> {
  await Deno.mkdir(DIST, { recursive: true });
  const bundle = await Deno.makeTempDir({ prefix: "culvert-bundle-" });
  try {
    await makeBundle(bundle);
    const entry = join(bundle, "binary.js");
    await checkSelfContained(entry);
    if (all) await compileAll(entry);
    else await compile(entry, join(DIST, Deno.build.os === "windows" ? "culvert.exe" : "culvert"));
  } finally {
    await Deno.remove(bundle, { recursive: true });
  }
}

async function makeBundle(outdir: string): Promise<void> {
  // The parser tells its errors apart by the names of their classes.
  const options = [
    "--quiet",
    "--minify",
    "--keep-names",
    "--code-splitting",
    "--platform",
    "deno",
    "--outdir",
    outdir,
  ];
  await run(Deno.execPath(), ["bundle", ...options, ".ci/binary.ts"]);
}

/** Fails where the bundle would look for a module outside of itself when it runs. */
async function checkSelfContained(entry: string): Promise<void> {
  const info = await output(Deno.execPath(), ["info", "--no-config", "--json", entry]);
  const graph: { readonly modules: readonly { readonly specifier: string; readonly error?: string }[] } = JSON
    .parse(info);
  const strangers = graph.modules.filter(({ specifier, error }) =>
    error !== undefined || !/^(file|node):/.test(specifier)
  );
  if (strangers.length > 0) {
    const names = strangers.map(({ specifier, error }) => `${specifier}${error ? ` (${error})` : ""}`);
    throw new Error(`The bundle is not self-contained: ${names.join(", ")}`);
  }
}

async function compile(entry: string, file: string, target?: string): Promise<void> {
  const deno = Deno.env.get("COMPILE_DENO") || Deno.execPath();
  // No code cache: it would save about 1 ms of a start, and would lie in a temporary folder that others can
  // write to.
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
    const file = join(DIST, `culvert-${target}${target.includes("windows") ? ".exe" : ""}`);
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

if (import.meta.main) await main(Deno.args.includes("--all"));
