/**
 * The flags that `transcribe` and `realtime` have in common: the form of the audio, and the provider.
 *
 * @module
 */
import type { FlagParametersForType } from "@stricli/core";
import type { CliContext } from "../command/context.ts";
import { positiveInteger, positiveNumber } from "../command/flags/parsers.ts";
import { HEADER_FLAGS, type HeaderFlags, text } from "../command/shared_flags.ts";

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
  raw: {
    kind: "parsed",
    parse: positiveInteger,
    optional: true,
    placeholder: "HZ",
    brief: "Audio without a header: 16-bit little-endian PCM of this sampling rate",
  },
  channels: {
    kind: "parsed",
    parse: positiveInteger,
    optional: true,
    placeholder: "N",
    brief: "With --raw: channels of the audio (default 1)",
  },
  pace: {
    kind: "parsed",
    parse: positiveNumber("times real time"),
    optional: true,
    placeholder: "SPEED",
    brief: "Send audio at most so many times as fast as it is spoken; 1 is real time (default: no limit)",
  },
  json: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Print events as JSON lines; the last is culvert.result",
  },
  provider: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "ID",
    brief: "Provider: openai, demo, or one of config.toml",
    proposeCompletions: async function () {
      return (await import("../command/flags/proposals.ts")).providers(this.host.world);
    },
  },
  baseUrl: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "URL",
    brief: "Base URL of the API",
  },
  apiKeyFile: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "FILE",
    brief: "File that holds the API key",
  },
  ...HEADER_FLAGS,
};
