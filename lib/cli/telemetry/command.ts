/**
 * Defines `culvert telemetry`.
 *
 * @module
 */
import { type CommandDocs, defineCommand, defineGroup } from "../command/command.ts";
import { switchFlag } from "../command/flags/flag_kinds.ts";
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

const status = defineCommand<TelemetryFlags, []>({
  flags: {
    json: switchFlag("Print one JSON object"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Print the destinations of telemetry and the results of the last exports",
    description:
      "Prints the destination of each signal, the setting that names it, the time of the last successful export, the last error, and how many records were sent and dropped. The counts of all processes are kept in telemetry.json (mode 0600) in the directory culvert of CODEX_HOME.",
    examples: ["culvert telemetry status", "culvert telemetry status --json"],
    seeAlso: ["culvert telemetry preview", "culvert help telemetry"],
  },
  load: () => import("./run_status.ts"),
});

const preview = defineCommand<TelemetryFlags, string[]>({
  flags: {
    json: switchFlag("Print one JSON object for each signal"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: {
    kind: "array",
    parameter: { parse: text, placeholder: "PROMPT", brief: "The prompt of the turn; default: a short one" },
  },
  docs: {
    brief: "Print the records that would be sent for a turn, without sending them",
    description:
      "Runs one turn against a simulated network on this machine and prints the requests to each collector as the settings in force would make them, as JSON and with secrets masked. Nothing is sent to a collector. Without a destination all three signals are printed.",
    examples: ["culvert telemetry preview", `culvert telemetry preview --json "Why is the sky blue?"`],
    seeAlso: ["culvert telemetry status", "culvert help telemetry"],
  },
  load: () => import("./run_preview.ts"),
});

const docs: CommandDocs = {
  brief: "Show the destinations of telemetry, and the records that would be sent",
  description:
    "Traces, metrics and logs are sent to a collector that config.toml or the variables of OpenTelemetry name: see culvert help telemetry.",
  examples: ["culvert telemetry status", "culvert telemetry preview"],
  seeAlso: ["culvert help telemetry", "culvert config"],
};

/** `culvert telemetry`. */
export const telemetryCommands = defineGroup({ status, preview }, docs);
