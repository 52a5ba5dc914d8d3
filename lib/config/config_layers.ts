/**
 * The layers of the configuration: `-C`, the profile, `culvert.toml`, `config.toml`.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { Warning } from "../warning.ts";
import { absolutePath } from "../world/absolute_path.ts";
import { checkConfig, type CheckedConfig, readConfigFile } from "./config_file.ts";
import type { ConfigFile } from "./config_schema.ts";
import { isTable, mergeTables, parseOverrides } from "./overrides.ts";

/** A source of configuration values. */
interface Layer {
  /** The file or flag, as messages name it. */
  readonly label: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The configuration in force, and the source of each value. */
export interface LoadedConfig {
  /** Absolute paths of the files that were read, in order of precedence. */
  readonly paths: readonly string[];
  /** Absolute path of `config.toml`, whether it exists or not. */
  readonly place: string;
  /** Absolute path of `culvert.toml`, whether it exists or not. */
  readonly ownPlace: string;
  /** The name of the profile, if one is in force. */
  readonly profile?: string;
  /** All layers merged. */
  readonly values: ConfigFile;
  readonly warnings: readonly Warning[];
  /**
   * Returns the label of the layer that a value comes from.
   *
   * @param path keys from the top, such as `"model_providers", "gw", "base_url"`
   * @returns `undefined` if no layer sets the value
   */
  readonly sourceOf: (...path: readonly string[]) => string | undefined;
}

/** The flags of the command line that select the configuration. */
export interface ConfigFlags {
  readonly profile?: string;
  readonly strictConfig?: boolean;
  readonly overrides?: readonly string[];
}

/**
 * Reads every layer. A missing file is an empty layer, except for the profile. A profile is
 * `NAME.config.toml` in the directory, as in the codex client (0.171.0), and below that a table
 * `[profiles.NAME]`, as in earlier versions of that client. `culvert.toml` is not read by that client: it
 * contains the keys that only this program knows, and may set every other key for only this program.
 *
 * @param codexHome absolute path of the directory
 * @param flags profile, strictness and assignments of the command line
 * @throws CulvertError `config`, `usage`
 */
export async function loadConfig(codexHome: string, flags: ConfigFlags): Promise<LoadedConfig> {
  const strict = flags.strictConfig ?? false;
  const place = absolutePath("config.toml", codexHome);
  const ownPlace = absolutePath("culvert.toml", codexHome);
  const main = await readConfigFile(place, { strict, shared: true });
  const own = await readConfigFile(ownPlace, { strict, shared: false });
  const overrides = await overrideLayer(flags.overrides ?? [], strict);
  const name = [flags.profile, overrides?.values.profile, own?.values.profile, main?.values.profile].find(
    present,
  );
  const layers: Layer[] = [];
  const paths: string[] = [];
  const warnings: Warning[] = [...overrides?.warnings ?? []];
  if (overrides !== undefined) layers.push({ label: "-C", values: overrides.values });
  if (name !== undefined) {
    const path = profilePath(name, codexHome);
    const file = await readConfigFile(path, { strict, shared: true });
    const table = main?.values.profiles?.[name];
    if (file === undefined && table === undefined) throw unknownProfile(name, path, main?.values);
    if (file !== undefined) {
      layers.push({ label: path, values: file.values });
      paths.push(path);
      warnings.push(...file.warnings);
    }
    if (table !== undefined) layers.push({ label: `[profiles.${name}] of ${place}`, values: table });
  }
  for (const [path, file] of [[ownPlace, own], [place, main]] as const) {
    if (file === undefined) continue;
    layers.push({ label: path, values: file.values });
    paths.push(path);
    warnings.push(...file.warnings);
  }
  return {
    paths,
    place,
    ownPlace,
    ...(name === undefined ? {} : { profile: name }),
    values: layers.toReversed().reduce((below, { values }) => mergeTables(below, values), {}),
    warnings,
    sourceOf: (...path) => layers.find(({ values }) => valueAt(values, path) !== undefined)?.label,
  };
}

async function overrideLayer(
  assignments: readonly string[],
  strict: boolean,
): Promise<CheckedConfig | undefined> {
  if (assignments.length === 0) return undefined;
  return await checkConfig(await parseOverrides(assignments), "-C", { strict, shared: false });
}

/** @throws CulvertError `config` for a name with a path outside of the directory */
function profilePath(name: string, codexHome: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(name)) return absolutePath(`${name}.config.toml`, codexHome);
  throw new CulvertError("config", `Cannot use profile ${JSON.stringify(name)}: it is not a valid name`, {
    hint: "The name of a profile may contain letters, digits, hyphens, dots and underscores.",
    details: { profile: name },
  });
}

function unknownProfile(name: string, path: string, values: ConfigFile | undefined): CulvertError {
  const known = Object.keys(values?.profiles ?? {});
  const others = known.length === 0 ? "" : ` Profiles in config.toml: ${known.join(", ")}.`;
  return new CulvertError("config", `Cannot use profile "${name}": there is no ${path}`, {
    hint: `Write its settings to that file, in the syntax of config.toml.${others}`,
    details: { profile: name, path },
  });
}

function valueAt(values: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = values;
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** Returns a value, or `undefined` for an empty one, which counts as unset in every layer. */
export function present(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
