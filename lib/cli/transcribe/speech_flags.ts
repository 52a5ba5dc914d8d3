/**
 * The flags that `transcribe` and `realtime` have in common: the form of the audio, and the provider.
 *
 * @module
 */
import type { FlagParametersForType } from "@stricli/core";
import type { CliContext } from "../command/context.ts";
import { positiveInteger, positiveNumber } from "../command/flags/parsers.ts";
import { HEADER_FLAGS, type HeaderFlags } from "../command/shared_flags.ts";
import { parsedFlag, pathFlag, requiredFlag, switchFlag } from "../command/flags/flag_kinds.ts";

/** The flags. */
export type SpeechFlags = HeaderFlags & {
  readonly raw?: number;
  readonly channels?: number;
  readonly pace?: number;
  readonly json?: boolean;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly apiKeyFile?: string;
};

/** Parameters of {@link SpeechFlags}. */
export const SPEECH_FLAGS: FlagParametersForType<SpeechFlags, CliContext> = {
  raw: parsedFlag(
    positiveInteger,
    "HZ",
    "Audio without a header: 16-bit little-endian PCM of this sampling rate",
  ),
  channels: parsedFlag(positiveInteger, "N", "With --raw: channels of the audio (default 1)"),
  pace: parsedFlag(
    positiveNumber("times real time"),
    "SPEED",
    "Maximum speed of sending audio, as a multiple of real time (default: no limit)",
  ),
  json: switchFlag("Print events as JSON lines; the last is culvert.result"),
  provider: {
    ...requiredFlag("ID", "Provider: openai, demo, or an id in config.toml"),
    proposeCompletions: async function () {
      return (await import("../command/flags/proposals.ts")).providers(this.host.world);
    },
  },
  baseUrl: requiredFlag("URL", "Base URL of the API"),
  apiKeyFile: pathFlag("FILE", "File with the API key"),
  ...HEADER_FLAGS,
};
