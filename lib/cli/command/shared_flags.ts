/**
 * The flags of every command, and those of every command that uses the network.
 *
 * @module
 */
import type { FlagParametersForType } from "@stricli/core";
import type { SharedFlags } from "../../config/settings.ts";
import type { OutputFlags } from "../output/reporter.ts";
import type { CliContext } from "./context.ts";
import { switchFlag, textFlag, textListFlag } from "./flags/flag_kinds.ts";

export type { OutputFlags };

/** The flags for trust, route and configuration. */
export type NetworkFlags = {
  readonly caCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly proxy?: string;
  readonly profile?: string;
  readonly config?: readonly string[];
  readonly strictConfig?: boolean;
};

/** Returns the flags in the form that the settings require. Further flags do no harm. */
export function settingsFlags({ config, ...flags }: NetworkFlags & SharedFlags): SharedFlags {
  return { ...flags, ...(config === undefined ? {} : { overrides: config }) };
}

/** Returns a value unchanged. */
export const text = (input: string): string => input;

/** Parameters of {@link OutputFlags}. */
export const OUTPUT_FLAGS: FlagParametersForType<OutputFlags, CliContext> = {
  quiet: { kind: "counter", optional: true, brief: "Print no progress on stderr; -qq: errors only" },
  verbose: {
    kind: "counter",
    optional: true,
    brief: "Print details on stderr: roots, route, retries; -vv: more",
  },
  color: {
    kind: "enum",
    values: ["auto", "always", "never"],
    optional: true,
    brief: "Color on stderr and on a terminal",
  },
};

/** Parameters of {@link NetworkFlags}. */
export const NETWORK_FLAGS: FlagParametersForType<NetworkFlags, CliContext> = {
  caCert: textFlag("FILE|DIR", "CA bundle, added to the roots of the system and of Mozilla"),
  clientCert: textFlag("FILE", "Client certificate for TLS (PEM)"),
  clientKey: textFlag("FILE", "Private key of the client certificate (PEM)"),
  proxy: textFlag("URL|none", "Proxy for every connection, or none"),
  profile: {
    ...textFlag("NAME", "Profile of the configuration"),
    proposeCompletions: async function () {
      return (await import("./flags/proposals.ts")).profiles(this.host.world);
    },
  },
  config: textListFlag("KEY=VALUE", "Override a configuration key; may be repeated"),
  strictConfig: switchFlag("Treat unknown or misplaced keys as an error"),
};

/** The flag of commands that send requests to the provider. */
export type HeaderFlags = { readonly header?: readonly string[] };

/** Parameters of {@link HeaderFlags}. */
export const HEADER_FLAGS: FlagParametersForType<HeaderFlags, CliContext> = {
  header: textListFlag("'NAME: VALUE'", "Header of every request to the API; may be repeated"),
};

/** The one-letter names of {@link OUTPUT_FLAGS}. */
export const OUTPUT_ALIASES = { q: "quiet", v: "verbose" } as const;
