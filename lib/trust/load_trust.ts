/**
 * Builds the trust store: the selected bundle, added to the roots of the operating system and of Mozilla.
 *
 * @module
 */
import { plural } from "../text/plural.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world/world.ts";
import type { Bundle } from "./bundle/bundle.ts";
import type { ReadFile } from "./bundle/bundle_file.ts";
import type { VariableRoots } from "./roots/variable_roots.ts";
import type { RootSet, RootsReader } from "./roots/roots_reader.ts";
import { selectBundle } from "./bundle/selection.ts";
import type { TrustStore } from "./trust_store.ts";

/** Options of {@link loadTrust}. */
interface TrustOptions {
  /** The value of `--ca-cert`. */
  readonly flag?: string | undefined;
  /** Names what gave that value in errors, instead of `--ca-cert`. */
  readonly flagName?: string;
  /** A bundle as PEM text, instead of the one that the flag or a variable names. */
  readonly pem?: string;
  readonly world: World;
  readonly roots: RootsReader;
  /** Default: reads from the file system, with limits for size and for pipes. */
  readonly readFile?: ReadFile;
  /** Also counts Mozilla's roots, which costs about 15 ms of processor time. For reports, not for turns. Default false. */
  readonly countMozilla?: boolean;
}

/**
 * Loads the roots in force.
 *
 * @param options flag, world and readers
 * @throws CulvertError `ca_unreadable` or `ca_invalid` if the selected bundle cannot be used
 */
export async function loadTrust(options: TrustOptions): Promise<TrustStore> {
  const { world, roots } = options;
  // Read concurrently; an unusable bundle rejects the whole result.
  const [bundle, system, variables, mozilla] = await Promise.all([
    loadBundle(options),
    roots.system(),
    roots.runtimeVariables?.() ?? { sets: [], warnings: [] },
    options.countMozilla === true || !runtimeHasMozilla(world) ? roots.mozilla() : undefined,
  ]);
  return buildStore({ bundle, system, variables, mozilla, mozillaIsBuiltIn: runtimeHasMozilla(world) });
}

async function loadBundle(options: TrustOptions): Promise<Bundle | undefined> {
  const { flag, flagName, pem, world, roots } = options;
  if (pem !== undefined) {
    const { readBundle } = await import("./bundle/bundle_reader.ts");
    const source = { kind: "flag", name: "caCertPem", path: "the PEM text" } as const;
    return readBundle(new TextEncoder().encode(pem), source, {
      now: world.now(),
      checkRoot: roots.checkRoot,
    });
  }
  const selection = selectBundle({
    flag,
    ...(flagName === undefined ? {} : { flagName }),
    env: world.env,
    cwd: world.cwd(),
  });
  if (selection === undefined) return undefined;
  const { readSelected } = await import("./bundle/read_selected.ts");
  return await readSelected(selection, world, options.readFile, roots.checkRoot);
}

interface StoreParts {
  readonly bundle: Bundle | undefined;
  readonly system: RootSet;
  readonly variables: { readonly sets: readonly VariableRoots[]; readonly warnings: readonly Warning[] };
  /** Mozilla's roots, if they were read. */
  readonly mozilla: RootSet | undefined;
  /** Whether the runtime trusts Mozilla's roots by default. */
  readonly mozillaIsBuiltIn: boolean;
}

function buildStore(parts: StoreParts): TrustStore {
  const { bundle, system, variables, mozilla, mozillaIsBuiltIn } = parts;
  const known = new Set(mozillaIsBuiltIn ? mozilla?.pems : []);
  const additional = new Set<string>();
  const add = (pem: string) => {
    if (!known.has(pem)) additional.add(pem);
  };
  for (const certificate of bundle?.certificates ?? []) add(certificate.pem);
  for (const pem of system.pems) add(pem);
  for (const { pems } of variables.sets) pems.forEach(add);
  if (!mozillaIsBuiltIn) mozilla?.pems.forEach(add);
  const warnings: readonly Warning[] = [
    ...(bundle?.warnings ?? []),
    ...system.warnings,
    ...variables.warnings,
    ...(mozilla?.warnings ?? []),
  ];
  return {
    ...(bundle === undefined ? {} : { bundle }),
    counts: {
      ...(mozilla === undefined ? {} : { mozilla: mozilla.pems.length }),
      system: new Set(system.pems).size,
      bundle: bundle?.certificates.length ?? 0,
    },
    additionalRoots: [...additional],
    description: describe(parts),
    warnings,
  };
}

function describe({ bundle, system, variables, mozilla }: StoreParts): string {
  const usual = [
    mozilla === undefined
      ? "Mozilla's roots"
      : mozilla.pems.length === 0
      ? `none of Mozilla's roots (${mozilla.origin})`
      : `Mozilla's ${mozilla.pems.length} roots`,
    system.pems.length === 0
      ? `none of the operating system (${system.origin})`
      : `${system.pems.length} of the operating system (${system.origin})`,
  ];
  const added = variables.sets.map(({ name, origin, pems }) => `${pems.length} from ${origin} (${name})`);
  if (bundle !== undefined) {
    const { length } = bundle.skipped;
    const skipped = length === 0 ? "" : `, ${plural(length, "section")} skipped`;
    added.unshift(
      `${bundle.certificates.length} from ${bundle.source.path} (${bundle.source.name}${skipped})`,
    );
  }
  return added.length === 0
    ? `${usual.join(" and ")}; no CA bundle is set`
    : `${usual.join(", ")}, in addition ${added.join(" and ")}`;
}

/**
 * Returns whether the runtime loads Mozilla's roots. `DENO_TLS_CA_STORE` is a list of `mozilla` and `system`,
 * separated by commas; the default is `mozilla` (Deno 2.9.6).
 */
function runtimeHasMozilla(world: World): boolean {
  const stores = world.env("DENO_TLS_CA_STORE");
  return stores === undefined || stores.trim() === "" ||
    stores.split(",").some((store) => store.trim() === "mozilla");
}
