import { assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const ROOT = new URL("../../", import.meta.url);

interface Dependency {
  readonly isDynamic?: boolean;
  readonly code?: { readonly specifier: string };
}

/** The static imports between own modules that survive to run time, by path from the top of the repository. */
async function staticImports(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(new URL("main.ts", ROOT))],
    stderr: "null",
  }).output();
  const graph: {
    readonly modules: readonly {
      readonly specifier: string;
      readonly dependencies?: readonly Dependency[];
    }[];
  } = JSON.parse(new TextDecoder().decode(stdout));
  const own = graph.modules.filter(({ specifier }) => specifier.startsWith(ROOT.href));
  return new Map(own.map(({ specifier, dependencies = [] }) => [
    specifier.slice(ROOT.href.length),
    dependencies.flatMap(({ isDynamic, code }) =>
      isDynamic !== true && code?.specifier.startsWith(ROOT.href) === true
        ? [code.specifier.slice(ROOT.href.length)]
        : []
    ),
  ]));
}

/** Returns the modules of one cycle in order, or nothing. */
function findCycle(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const visit = (module: string, trail: readonly string[]): readonly string[] => {
    if (trail.includes(module)) return [...trail.slice(trail.indexOf(module)), module];
    if (done.has(module)) return [];
    for (const next of imports.get(module) ?? []) {
      const cycle = visit(next, [...trail, module]);
      if (cycle.length > 0) return cycle;
    }
    done.add(module);
    return [];
  };
  for (const module of imports.keys()) {
    const cycle = visit(module, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

Deno.test("no module imports itself through others", async () => {
  const imports = await staticImports();
  assertEquals(imports.size > 200, true, `the graph has only ${imports.size} modules`);
  assertEquals(findCycle(imports), []);
});

Deno.test("a cycle would be found", () => {
  assertEquals(findCycle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
  assertEquals(findCycle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), []);
});
