/**
 * Defines `culvert telemetry`.
 *
 * @module
 */
import { type CommandDocs, defineCommand, defineGroup } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";

/** The flags of both commands. */
export type TelemetryFlags = OutputFlags & NetworkFlags & { readonly json?: boolean };

const JSON_FLAG = { kind: "boolean", optional: true, withNegated: false } as const;

const status = defineCommand<TelemetryFlags, []>({
  flags: {
    json: { ...JSON_FLAG, brief: "Print one JSON object" },
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Print where telemetry is sent and how the last exports went",
    description:
      "Prints the destination of each signal, the setting that names it, the time of the last export that succeeded, the last error, and how many records were sent and dropped. The counts of all processes are kept in telemetry.json (mode 0600) in the directory culvert of CODEX_HOME.",
    examples: ["culvert telemetry status", "culvert telemetry status --json"],
    seeAlso: ["culvert telemetry preview", "culvert help telemetry"],
  },
  load: () => import("./run_status.ts"),
});

const preview = defineCommand<TelemetryFlags, string[]>({
  flags: {
    json: { ...JSON_FLAG, brief: "Print one JSON object for each signal" },
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: {
    kind: "array",
    parameter: { parse: text, placeholder: "PROMPT", brief: "The prompt of the turn; default: a short one" },
  },
  docs: {
    brief: "Print what would be sent for a turn, and send nothing",
    description:
      "Runs one turn against a simulated network on this machine and prints the requests to each collector as the settings in force would make them, as JSON and with secrets masked. Nothing is sent to a collector. Without a destination all three signals are printed.",
    examples: ["culvert telemetry preview", `culvert telemetry preview --json "Why is the sky blue?"`],
    seeAlso: ["culvert telemetry status", "culvert help telemetry"],
  },
  load: () => import("./run_preview.ts"),
});

const docs: CommandDocs = {
  brief: "Show where telemetry is sent, and what would be sent",
  description:
    "Traces, metrics and logs are sent to a collector that config.toml or the variables of OpenTelemetry name: see culvert help telemetry.",
  examples: ["culvert telemetry status", "culvert telemetry preview"],
  seeAlso: ["culvert help telemetry", "culvert config"],
};

/** `culvert telemetry`. */
export const telemetryCommands = defineGroup({ status, preview }, docs);
