/**
 * The words of `culvert demo`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES, OUTPUT_FLAGS, type OutputFlags } from "../command/shared_flags.ts";

/** What can be said to `demo`. */
export type DemoFlags = OutputFlags & {
  readonly json?: boolean;
};

/** `culvert demo`. */
export const demoCommand = defineCommand<DemoFlags, []>({
  flags: {
    json: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Print events as JSON lines; the last is culvert.result",
    },
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Stream an answer through a hostile little network on this machine",
    description:
      "Starts a simulated network on loopback: an API behind a private CA, a proxy that intercepts TLS, a\n" +
      "company's CA bundle, a login that has run out, a connection that is cut. Then streams an answer through\n" +
      "it, by the same code as respond, and says on stderr what stood in the way and what was done about it.\n" +
      "Needs no key and no internet, and changes nothing on this machine.",
    examples: ["culvert demo", "culvert demo --json | tail -1", "culvert demo 2>/dev/null"],
    seeAlso: ["culvert respond", "culvert doctor", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
