/**
 * Flags and help of `culvert demo`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES, OUTPUT_FLAGS, type OutputFlags } from "../command/shared_flags.ts";
import { switchFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `culvert demo`. */
export type DemoFlags = OutputFlags & {
  readonly json?: boolean;
};

/** The command `culvert demo`. */
export const demoCommand = defineCommand<DemoFlags, []>({
  flags: {
    json: switchFlag("Print events as JSON lines; the last is culvert.result"),
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Stream an answer through a simulated network with faults",
    description:
      "Starts a simulated network on loopback: an API behind a private CA, a proxy that intercepts TLS, a company's\n" +
      "CA bundle, an expired login and a connection that is cut. Then streams an answer through it with the code of\n" +
      "respond, and reports each fault and its solution on stderr. Needs no key and no internet connection, and changes\n" +
      "nothing on this machine.",
    examples: ["culvert demo", "culvert demo --json | tail -1", "culvert demo 2>/dev/null"],
    seeAlso: ["culvert respond", "culvert doctor", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
