/** A simulated API that transcribes, speech for it, and the program that is pointed at it. */
import { type MockApi, type MockApiOptions, startMockApi } from "../../../lib/mock/api/api.ts";
import type { RealtimeSessionLog } from "../../../lib/mock/realtime/realtime_scenario.ts";
import { culvert, type CulvertOptions, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { type StartedCulvert, startedCulvert } from "../../support/started_culvert.ts";
import { concat } from "../../realtime/audio/bytes.ts";
import { encoded, sine, wavFile } from "../../realtime/audio/wav_kit.ts";

/** A scene; disposing of it removes everything. */
export interface TranscribeScene extends AsyncDisposable {
  readonly api: MockApi;
  readonly directory: string;
  readonly bundle: string;
  readonly env: Readonly<Record<string, string>>;
  /** The only session so far. */
  readonly session: () => RealtimeSessionLog;
  /** Writes a WAV file into the directory and returns its path. */
  readonly wav: (name: string, speech: Uint8Array<ArrayBuffer>) => Promise<string>;
  /** Runs `culvert transcribe` against the API, trusting its CA. */
  readonly transcribe: (args: readonly string[], options?: CulvertOptions) => Promise<CulvertRun>;
  /** Starts it and leaves it running. */
  readonly start: (args: readonly string[], options?: CulvertOptions) => Promise<StartedCulvert>;
}

/** Sets a scene up. */
export async function scene(options: MockApiOptions = {}): Promise<TranscribeScene> {
  const api = await startMockApi(options);
  const directory = await Deno.makeTempDir({ prefix: "culvert-transcribe-" });
  const bundle = join(directory, "ca.pem");
  await Deno.writeTextFile(bundle, api.authority.certificate);
  const env = { CODEX_CA_CERTIFICATE: bundle, CULVERT_API_KEY: "sk-planted-0123456789abcdef" };
  const command = (args: readonly string[]) => ["transcribe", "--base-url", api.baseUrl, ...args];
  const settings = (given: CulvertOptions): CulvertOptions => ({ ...given, env: { ...env, ...given.env } });
  return {
    api,
    directory,
    bundle,
    env,
    session: () => {
      const [first, second] = api.realtime.sessions;
      if (first === undefined || second !== undefined) {
        throw new Error(`${api.realtime.sessions.length} sessions were opened`);
      }
      return first;
    },
    wav: async (name, speech) => {
      const path = join(directory, name);
      await Deno.writeFile(path, speech);
      return path;
    },
    transcribe: (args, given = {}) => culvert(command(args), settings(given)),
    start: (args, given = {}) => startedCulvert(command(args), settings(given)),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Seconds of sound, and seconds of silence, in turns. */
export type Utterances = readonly number[];

/**
 * Returns a WAV file with tones as utterances. The simulated API transcribes each 400 ms of them as one word.
 *
 * @param seconds sound, silence, sound, …
 */
export function speech(seconds: Utterances, rate = 16_000): Uint8Array<ArrayBuffer> {
  return wavFile({ bits: 16, rate, data: spoken(seconds, rate) });
}

/** The same without a header. */
export function spoken(seconds: Utterances, rate = 16_000): Uint8Array<ArrayBuffer> {
  return concat(...seconds.map((length, index) => {
    const count = Math.round(length * rate);
    return encoded(index % 2 === 0 ? [...sine(300, rate, count)] : Array<number>(count).fill(0), 16);
  }));
}
