/**
 * The versions of the realtime protocol, with their models and voices (codex client 0.171.0).
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";

/** `v1` is the protocol named quicksilver, `v2` the one of the public API, `v3` the one named live. */
export type RealtimeVersion = "v1" | "v2" | "v3";

/** Sampling rate of the audio in both directions, Hz. */
export const SESSION_RATE = 24_000;

const EARLY_VOICES = [
  "juniper",
  "maple",
  "spruce",
  "ember",
  "vale",
  "breeze",
  "arbor",
  "sol",
  "cove",
] as const;
const PUBLIC_VOICES = [
  "alloy",
  "ash",
  "ballad",
  "coral",
  "echo",
  "sage",
  "shimmer",
  "verse",
  "marin",
  "cedar",
] as const;

/** The voices of each version. */
export const VOICES: Readonly<Record<RealtimeVersion, readonly string[]>> = {
  v1: EARLY_VOICES,
  v2: PUBLIC_VOICES,
  v3: EARLY_VOICES,
};

/** The default voice of a version. */
const DEFAULT_VOICE: Readonly<Record<RealtimeVersion, string>> = {
  v1: "cove",
  v2: "marin",
  v3: "cove",
};

/** The default model of a version. */
export const DEFAULT_MODEL: Readonly<Record<RealtimeVersion, string>> = {
  v1: "gpt-realtime-1.5",
  v2: "gpt-realtime-1.5",
  v3: "gpt-live-1.1-codex",
};

/** @throws CulvertError `usage` for another text than `v1`, `v2` and `v3` */
export function realtimeVersion(text: string): RealtimeVersion {
  if (text === "v1" || text === "v2" || text === "v3") return text;
  throw new CulvertError("usage", `There is no version ${text} of the realtime protocol`, {
    hint: "Use v1, v2 or v3.",
    details: { version: text },
  });
}

/**
 * Returns the voice of a session.
 *
 * @param voice the requested voice; default: that of the version
 * @throws CulvertError `usage` for a voice that the version does not know
 */
export function voiceFor(version: RealtimeVersion, voice = DEFAULT_VOICE[version]): string {
  if (VOICES[version].includes(voice)) return voice;
  throw new CulvertError("usage", `The realtime protocol ${version} has no voice ${voice}`, {
    hint: `Use one of ${VOICES[version].join(", ")}.`,
    details: { version, voice },
  });
}
