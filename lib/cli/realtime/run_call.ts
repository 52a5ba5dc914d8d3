/**
 * Implements `culvert realtime --sdp`: creates a call for a WebRTC client.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { CulvertError } from "../../errors.ts";
import { fileProblem, readBounded, readBoundedStream } from "../../files/read_file.ts";
import { createCall } from "../../realtime/call/create_call.ts";
import { realtimeVersion } from "../../realtime/protocol/protocol_version.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import type { RealtimeFlags } from "./command.ts";

/** Longest SDP that is read, bytes. */
const MAX_SDP_BYTES = 1_000_000;

/** Creates the call and prints the SDP answer; the id of the call goes to stderr, or with `--json` into the object. */
export async function runCall(
  context: CliContext,
  flags: RealtimeFlags,
  words: readonly string[],
): Promise<void> {
  const { host } = context;
  const { instructions = "", model, protocol, sdp: path = "-", voice, ...others } = flags;
  if (
    words.length > 0 || flags.audio !== undefined || flags.output !== undefined || flags.join !== undefined
  ) {
    throw new CulvertError("usage", "--sdp was given together with a message, audio or --join", {
      hint: "The WebRTC client sends the audio of the call. After the call was created, join it with --join.",
    });
  }
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  const sdp = await raceAbort(readSdp(host, path), stop.signal);
  if (sdp.trim() === "") {
    throw new CulvertError("usage", `The SDP offer in --sdp ${path} is empty`, {
      hint: "The file must contain the offer that the WebRTC client created.",
      details: { flag: "--sdp", path },
    });
  }
  await using connection = await connectCommand(host, others, reporter);
  const session = protocol === undefined ? undefined : {
    mode: "conversation",
    version: realtimeVersion(protocol),
    instructions,
    ...(voice === undefined ? {} : { voice }),
  } as const;
  const call = await createCall(connection, {
    sdp,
    signal: stop.signal,
    ...(session === undefined ? {} : { session }),
    ...(model === undefined ? {} : { model }),
  });
  if (flags.json === true) {
    const line = { type: "culvert.call", call_id: call.callId, sdp: call.sdp };
    return await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
  // The simulated network ends with this command, and its calls with it.
  const isDemo = connection.settings.provider.id === "demo";
  reporter.progress(`call ${call.callId}${isDemo ? "" : `; join it with --join ${call.callId}`}`);
  await host.stdout.write(call.sdp);
}

async function readSdp(host: Host, path: string): Promise<string> {
  try {
    const bytes = path === "-"
      ? await readBoundedStream(host.stdin.stream(), MAX_SDP_BYTES)
      : await readBounded(absolutePath(path, host.world.cwd()), MAX_SDP_BYTES);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (error instanceof CulvertError) throw error;
    throw new CulvertError("input_unreadable", `Cannot read --sdp ${path}: ${fileProblem(error)}`, {
      hint: "Check the path; it is relative to the working directory.",
      details: { flag: "--sdp", path },
      cause: error,
    });
  }
}
