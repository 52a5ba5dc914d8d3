/** Finds the modules that a file loads by static imports. */
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
export async function loadedWith(file: string): Promise<readonly string[]> {
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
