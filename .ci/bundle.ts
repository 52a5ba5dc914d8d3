/**
 * Bundles the program for the binary: few files for the start, and one for each module that is imported lazily.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GetModuleInfo, rollup } from "rollup";
import { minify } from "terser";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Writes the bundle of a module and of everything that it imports: the file of the entry, named after it, and those that
 * it loads.
 *
 * `deno bundle` resolves the imports, rollup joins the files of the start, and terser minifies. `deno bundle --minify`
 * does it with esbuild 0.25.5 (Deno 2.9.6), which inlines a variable of `using` that is used once and drops its
 * disposal.
 *
 * @param entry path of the module
 * @param outdir folder to write to
 * @param startPath modules, relative to the root of the project, that are imported lazily but by most starts; they and
 *   what they import are written as one file
 * @throws {Error} where a module cannot be resolved or parsed
 */
export async function bundle(
  entry: string,
  outdir: string,
  startPath: readonly string[] = [],
): Promise<void> {
  const split = await Deno.makeTempDir({ prefix: "culvert-split-" });
  try {
    await splitBundle(entry, split);
    await joinStart(join(split, `${basename(entry, ".ts")}.js`), startPath, outdir);
    for await (const { name } of Deno.readDir(outdir)) await shorten(join(outdir, name));
  } finally {
    await Deno.remove(split, { recursive: true });
  }
}

/** Writes one file for each set of modules that are always loaded together: hundreds of small files. */
async function splitBundle(entry: string, outdir: string): Promise<void> {
  const args = ["bundle", "--quiet", "--code-splitting", "--platform", "deno", "--outdir", outdir, entry];
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  if (code !== 0) throw new Error(`deno bundle ${entry} exited with ${code}`);
  for await (const { name } of Deno.readDir(outdir)) {
    const file = join(outdir, name);
    await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace(CREATE_REQUIRE, REQUIRE));
  }
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

/**
 * Joins the files that every start loads into `shared.js`, and those that the start path loads after them into
 * `start.js`, since each file that is loaded takes about 0.1 ms. The file of the entry stays alone: it may wait for the
 * program to end, and a file that imported it would then wait for ever.
 */
async function joinStart(entry: string, startPath: readonly string[], outdir: string): Promise<void> {
  const later = await filesOf(dirname(entry), startPath);
  // `deno bundle` removed what is not used, and a file may be imported for its effects alone.
  const build = await rollup({ input: entry, external: /^node:/, treeshake: false });
  const groups = new Map<string, string>();
  await build.write({
    dir: outdir,
    chunkFileNames: "[name].js",
    onlyExplicitManualChunks: true,
    manualChunks: (id, { getModuleInfo }) => {
      if (groups.size === 0) {
        for (const file of later) addGroup(file, "start", groups, getModuleInfo);
        addGroup(entry, "shared", groups, getModuleInfo);
      }
      return id === entry ? undefined : groups.get(id);
    },
  });
  await build.close();
}

/** Finds the files that hold the given modules. `deno bundle` names each module in a comment before its code. */
async function filesOf(folder: string, modules: readonly string[]): Promise<readonly string[]> {
  const missing = new Set(modules);
  const files: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const file = join(folder, name);
    const lines = new Set((await Deno.readTextFile(file)).split("\n"));
    const held = [...missing].filter((module) => lines.has(`// ${module}`));
    if (held.length > 0) files.push(file);
    for (const module of held) missing.delete(module);
  }
  if (missing.size > 0) throw new Error(`deno bundle wrote no file with ${[...missing].join(", ")}`);
  return files;
}

/** Adds a file and all that it imports statically to a group, also where they were in another one. */
function addGroup(file: string, group: string, groups: Map<string, string>, info: GetModuleInfo): void {
  if (groups.get(file) === group || file.startsWith("node:")) return;
  groups.set(file, group);
  for (const imported of info(file)?.importedIds ?? []) addGroup(imported, group, groups, info);
}

/** Removes white space and shortens the names of variables: the start of the program compiles less text. */
async function shorten(file: string): Promise<void> {
  const { code } = await minify(await Deno.readTextFile(file), {
    module: true,
    compress: false,
    // The names at the top of a file stay: libraries tell errors apart by the names of their classes.
    mangle: { module: false, keep_classnames: true },
  });
  if (code === undefined) throw new Error(`terser returned no code for ${file}`);
  await Deno.writeTextFile(file, code);
}
