/**
 * The flags that every command takes, and those of every command that goes to the network.
 *
 * @module
 */
import type { CliContext } from "./context.ts";
import type { FlagParametersForType } from "@stricli/core";
import type { OutputFlags } from "../output/reporter.ts";

export type { OutputFlags };

/** Whom to trust, which way to go, which configuration to read. */
export type NetworkFlags = {
  readonly caCert?: string;
  readonly proxy?: string;
  readonly profile?: string;
  readonly strictConfig?: boolean;
};

/** Takes a word as it was typed. */
export const text = (input: string): string => input;

/** Parameters of {@link OutputFlags}. */
export const OUTPUT_FLAGS: FlagParametersForType<OutputFlags, CliContext> = {
  quiet: { kind: "counter", optional: true, brief: "Say less on stderr; twice: errors only" },
  verbose: { kind: "counter", optional: true, brief: "Say more on stderr: roots, route, retries" },
  color: { kind: "enum", values: ["auto", "always", "never"], optional: true, brief: "Colour on stderr" },
};

/** Parameters of {@link NetworkFlags}. */
export const NETWORK_FLAGS: FlagParametersForType<NetworkFlags, CliContext> = {
  caCert: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "FILE",
    brief: "CA bundle, added to the usual roots",
  },
  proxy: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "URL|none",
    brief: "Proxy for every connection",
  },
  profile: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "NAME",
    brief: "Profile of config.toml",
  },
  strictConfig: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Unknown keys in config.toml are an error",
  },
};

/** Their one-letter names, the same in every command. */
export const OUTPUT_ALIASES = { q: "quiet", v: "verbose" } as const;
