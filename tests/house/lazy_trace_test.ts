/** What writes inference traces is loaded where a trace is asked for, and nowhere else. */
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl, join } from "../support/paths.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Returns the files that are loaded together with a file, types not counted. */
async function loadedWith(file: string): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", join(ROOT, file)],
    cwd: ROOT,
  }).output();
  const { modules }: { readonly modules: readonly ModuleInfo[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const load = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of known.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && isDynamic !== true) load(code.specifier);
    }
  };
  load(new URL(`../../${file}`, import.meta.url).href);
  return [...loaded].filter((specifier) => known.has(specifier));
}

for (const file of ["main.ts", "lib/cli/respond/run.ts", "lib/mod.ts", "lib/client/client.ts"]) {
  Deno.test(`${file} loads nothing of inference traces`, async () => {
    const files = await loadedWith(file);
    assert(files.length > 10, `${files.length} files`);
    assertEquals(files.filter((each) => each.includes("/lib/observe/trace/")), []);
  });
}

Deno.test("the module that respond loads for a trace loads its writer", async () => {
  const files = await loadedWith("lib/observe/trace/write/start_traces.ts");
  assert(files.some((each) => each.endsWith("/bundle_writer.ts")));
});
