/**
 * Flags and help of `culvert run`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";

/** Flags of `run`. */
export type RunFlags = OutputFlags & NetworkFlags;

/** `culvert run`. */
export const runCommand = defineCommand<RunFlags, string[]>({
  flags: { ...NETWORK_FLAGS, ...OUTPUT_FLAGS },
  aliases: OUTPUT_ALIASES,
  positional: {
    kind: "array",
    minimum: 1,
    parameter: { parse: text, placeholder: "COMMAND", brief: "Program to run, and its arguments, after --" },
  },
  docs: {
    brief: "Run a program with the CA bundle and the proxy of culvert",
    description:
      "Sets the variables with which codex, curl, Git, Node, Python, pip, Cargo, npm, Deno and Bundler find CA bundles and\n" +
      "proxies, runs the program with its terminal, passes signals on and ends with its exit code. The bundle is one PEM\n" +
      "file with the bundle in force, the roots of the system and Mozilla's; it is removed when the program has ended.\n" +
      "Proxy variables that are set in one letter case are set in both. Nothing is recorded.",
    examples: [`culvert run -- sh -c 'curl --version && test -s "$SSL_CERT_FILE"'`],
    seeAlso: ["culvert capture", "culvert ca env", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
