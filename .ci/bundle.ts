/**
 * Bundles the program for the binary: one file for the start, and one for each module that is imported lazily.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stop, transform } from "esbuild";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Writes the bundle of a module and of everything that it imports.
 *
 * `deno bundle` resolves the imports, and esbuild minifies the files. `deno bundle --minify` does both with esbuild
 * 0.25.5 (Deno 2.9.6), which inlines a variable of `using` that is used once and drops its disposal.
 *
 * @param entry path of the module
 * @param outdir folder to write to
 * @throws {Error} where a module cannot be resolved or parsed
 */
export async function bundle(entry: string, outdir: string): Promise<void> {
  const args = ["bundle", "--quiet", "--code-splitting", "--platform", "deno", "--outdir", outdir, entry];
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  if (code !== 0) throw new Error(`deno bundle ${entry} exited with ${code}`);
  try {
    for await (const { name } of Deno.readDir(outdir)) await minify(join(outdir, name));
  } finally {
    await stop();
  }
}

async function minify(file: string): Promise<void> {
  const source = (await Deno.readTextFile(file)).replace(CREATE_REQUIRE, REQUIRE);
  // Names stay: libraries tell errors apart by the names of their classes.
  const options = { minifyWhitespace: true, minifySyntax: true, format: "esm", target: "esnext" } as const;
  const { code } = await transform(source, options);
  await Deno.writeTextFile(file, code);
}

/**
 * The `require` that `deno bundle` makes for CommonJS libraries. It is in a file that every other file imports, and
 * loading `node:module` takes more than 10 ms of each start.
 */
const CREATE_REQUIRE =
  /import \{ createRequire as (\w+) \} from "node:module";\nvar __require = \1\([^)]*\);/;

/** Loads `process`, and the module that is asked for, at the first call. Only modules of Node are left to require. */
const REQUIRE = `function __require(name) {
  const module = globalThis.process.getBuiltinModule(name);
  if (module === undefined) throw new Error("Cannot find module '" + name + "'");
  return module;
}`;
