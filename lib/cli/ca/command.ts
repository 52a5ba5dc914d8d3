/**
 * Definitions of the commands `culvert ca`.
 *
 * @module
 */
import type { Shell } from "./shell_exports.ts";
import { defineCommand, defineGroup } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import { requiredFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

const CA_CERT = { caCert: NETWORK_FLAGS.caCert };

/** Flags of `ca inspect`. */
export type InspectFlags = OutputFlags & { readonly json?: boolean; readonly caCert?: string };

const inspectCommand = defineCommand<InspectFlags, [string?]>({
  flags: {
    json: switchFlag("Print one JSON object"),
    ...CA_CERT,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: {
    kind: "tuple",
    parameters: [{
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "Bundle: a file or folder; `-` reads standard input; default: the bundle in force",
    }],
  },
  docs: {
    brief: "Show the content of a CA bundle",
    description:
      "Shows which variable chose the bundle, each certificate in it, and what was skipped and why. PEM in any\nencoding, DER and PKCS#7 are read. Exits 0 with at least one usable certificate, else 3.",
    examples: [
      "culvert ca inspect corp.pem",
      "culvert ca inspect --json",
      "cat *.pem | culvert ca inspect -",
    ],
    seeAlso: ["culvert ca bundle", "culvert doctor", "culvert help environment"],
  },
  load: () => import("./run_inspect.ts"),
});

/** Flags of `ca bundle`. */
export type BundleFlags = OutputFlags & {
  readonly output?: string;
  readonly withSystem?: boolean;
  readonly caCert?: string;
};

const bundleCommand = defineCommand<BundleFlags, string[]>({
  flags: {
    output: textFlag("OUT", "File to write; it is replaced only if all sources are valid"),
    withSystem: switchFlag(
      "Add the roots of the operating system, for programs whose variable replaces them",
    ),
    ...CA_CERT,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    parameter: {
      parse: text,
      placeholder: "FILE",
      brief: "Bundles: files or folders; `-` reads standard input; default: the bundle in force",
    },
  },
  docs: {
    brief: "Print CA bundles as one clean PEM file",
    description:
      "Prints only certificates, without duplicates, each after a comment with its subject. Every other program can\nread this format.",
    examples: ["culvert ca bundle corp.p7b -o corp.pem", "culvert ca bundle --with-system -o all.pem"],
    seeAlso: ["culvert ca env", "culvert ca inspect"],
  },
  load: () => import("./run_bundle.ts"),
});

/** Flags of `ca env`. */
export type EnvFlags = OutputFlags & {
  readonly shell?: Shell;
  readonly output?: string;
  readonly json?: boolean;
  readonly caCert?: string;
};

const envCommand = defineCommand<EnvFlags, []>({
  flags: {
    shell: {
      kind: "enum",
      values: ["sh", "bash", "zsh", "fish", "pwsh"],
      optional: true,
      brief: "Shell to write for; default: the shell in $SHELL",
    },
    output: textFlag("OUT", "File to write the bundle to; default: in the cache folder of the user"),
    json: switchFlag("Print one JSON object"),
    ...CA_CERT,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Print the variables that make other programs trust the same roots",
    description:
      "Writes one PEM file with the bundle in force, the roots of the operating system and Mozilla's, and prints\nthe lines that set it for codex, curl, Git, Node, Python, pip, Cargo, npm, Deno, Bundler, the AWS and Google Cloud CLIs,\ngRPC and Nix. The variable of codex and culvert names the original if codex can read it, so that changes to it\ntake effect immediately.",
    examples: [`eval "$(culvert ca env)"`, "culvert ca env --shell fish | source"],
    seeAlso: ["culvert ca bundle", "culvert help environment"],
  },
  load: () => import("./run_env.ts"),
});

/** Flags of `ca fetch`. */
export type FetchFlags = OutputFlags & NetworkFlags & {
  readonly output?: string;
  readonly json?: boolean;
  readonly provider?: string;
};

const fetchCommand = defineCommand<FetchFlags, [string]>({
  flags: {
    output: textFlag("FILE", "Write the topmost CA that was presented to a file"),
    json: switchFlag("Print one JSON object"),
    provider: requiredFlag("ID", "Provider; `demo` uses the simulated network"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [{
      parse: text,
      placeholder: "HOST[:PORT]",
      brief: "Host, or a URL whose host is used",
    }],
  },
  docs: {
    brief: "Show the certificates that a host, or an interceptor, presents",
    description:
      "Connects like a turn, proxy included, and prints whether the roots in force accept the chain, the reason if they\n" +
      "do not, and whether the connection is intercepted. Only the handshake is sent. Exits 0 when the chain is accepted and 3 when it\n" +
      "is not; a host that cannot be reached ends with the exit code of that failure.\n\n" +
      "With -o the root is written, or the topmost intermediate if the chain does not contain its root; never the\n" +
      "server's own certificate. Compare its SHA-256 with the network's administrators before you trust it: the\n" +
      "owner of its key can read and change everything that is sent through the connection.",
    examples: [
      "culvert ca fetch api.culvert.test --provider demo",
      "culvert ca fetch api.culvert.test --provider demo --json -o presented.pem",
    ],
    seeAlso: ["culvert ca inspect", "culvert doctor", "culvert help proxies"],
  },
  load: () => import("./fetch/run.ts"),
});

/** `culvert ca`. */
export const caCommands = defineGroup(
  { inspect: inspectCommand, bundle: bundleCommand, env: envCommand, fetch: fetchCommand },
  {
    brief: "Inspect, convert, export and fetch CA certificates",
    examples: ["culvert ca inspect"],
    seeAlso: ["culvert doctor", "culvert help environment"],
  },
);
