/**
 * The client certificate for TLS (mTLS) and its key.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import { absolutePath, parentPath } from "../world/absolute_path.ts";
import type { World } from "../world/world.ts";
import type { LoadedConfig } from "./config_layers.ts";
import { present } from "./config_layers.ts";
import { variableLabel } from "./environment/layered_world.ts";
import type { SharedFlags } from "./settings.ts";

/** Paths of certificate and key, and their sources. */
export interface ClientIdentity {
  readonly clientCert?: string;
  readonly clientKey?: string;
  /** The source by key of a provider's table. */
  readonly sources: Readonly<Record<string, string>>;
}

/**
 * Chooses certificate and key: flags, then `CULVERT_CLIENT_CERT` and `CULVERT_CLIENT_KEY`, then `client_cert`
 * and `client_key` of the provider's table, whose relative paths start at the folder of their file.
 *
 * @param providerId the provider in force
 * @returns absolute paths; neither if none is set
 * @throws CulvertError `config` if only one of the two is set
 */
export function chooseClientIdentity(
  flags: SharedFlags,
  config: LoadedConfig,
  providerId: string,
  world: Pick<World, "env" | "cwd" | "home" | "environment">,
): ClientIdentity {
  const cert = chooseOne("client_cert", flags.clientCert, config, providerId, world);
  const key = chooseOne("client_key", flags.clientKey, config, providerId, world);
  if (cert === undefined && key === undefined) return { sources: {} };
  if (cert === undefined || key === undefined) {
    const [given, missing] = cert === undefined
      ? [key?.source, "client certificate"]
      : [cert.source, "key of the client certificate"];
    throw new CulvertError("config", `The ${missing} is missing: only ${given} is set`, {
      hint: "Set both --client-cert and --client-key, or both CULVERT_CLIENT_CERT and CULVERT_CLIENT_KEY. " +
        "Both may name the same file.",
    });
  }
  return {
    clientCert: cert.path,
    clientKey: key.path,
    sources: { client_cert: cert.source, client_key: key.source },
  };
}

function chooseOne(
  name: "client_cert" | "client_key",
  flag: string | undefined,
  config: LoadedConfig,
  providerId: string,
  world: Pick<World, "env" | "cwd" | "home" | "environment">,
): { readonly path: string; readonly source: string } | undefined {
  const typed = present(flag);
  if (typed !== undefined) {
    return { path: absolutePath(typed, world.cwd()), source: `--${name.replace("_", "-")}` };
  }
  const variable = `CULVERT_${name.toUpperCase()}`;
  const value = present(world.env(variable));
  if (value !== undefined) {
    return { path: absolutePath(value, world.cwd()), source: variableLabel(world, variable) };
  }
  const written = present(config.values.model_providers?.[providerId]?.[name]);
  if (written === undefined) return undefined;
  const source = config.sourceOf("model_providers", providerId, name) ?? config.place;
  const folder = config.paths.includes(source) ? parentPath(source) : world.cwd();
  const home = world.home();
  const path = /^~[\\/]/.test(written) && home !== undefined ? `${home}${written.slice(1)}` : written;
  return { path: absolutePath(path, folder), source: `${name} of provider "${providerId}" in ${source}` };
}
