/**
 * Implements `culvert replay --miss forward`.
 *
 * @module
 */
import type { LoadedCapture } from "../../capture/record/read/exchanges.ts";
import { createForwardMiss, type ForwardMiss, recordedBase } from "../../capture/replay/forward_miss.ts";
import { CulvertError } from "../../errors.ts";
import { quotedAddress } from "../../redaction/address.ts";
import { recordCommand } from "../capture/record_command.ts";
import { connectCommand } from "../command/connection.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";
import type { ReplayFlags } from "./command.ts";

/** Requests can be forwarded until its disposal, which ends the recording of them. */
export interface Forwarding extends AsyncDisposable {
  readonly forward: ForwardMiss;
}

/**
 * Connects to the server that a capture was recorded from.
 *
 * @throws CulvertError `usage` where no address is known; those of configuration and trust
 */
export async function startForwarding(
  capture: LoadedCapture,
  flags: ReplayFlags,
  host: Host,
  reporter: Reporter,
): Promise<Forwarding> {
  const { baseUrl, output, ...others } = flags;
  const base = baseUrl === undefined ? recordedBase(capture) : URL.parse(baseUrl);
  if (base === null || base === undefined || !/^https?:$/.test(base.protocol)) {
    throw new CulvertError(
      "usage",
      `--miss forward: ${baseUrl === undefined ? "the capture" : quotedAddress(baseUrl)} names no server`,
      {
        hint: "Give the base URL of the API, such as --base-url https://api.openai.com/v1.",
      },
    );
  }
  const recording = output === undefined ? undefined : await recordCommand(output, host, reporter);
  try {
    const connection = await connectCommand(
      host,
      others,
      reporter,
      recording === undefined ? {} : { tap: recording.tap },
    );
    reporter.progress(`requests that were not recorded go to ${base.href}`);
    return {
      forward: createForwardMiss(connection.dialer, base),
      [Symbol.asyncDispose]: async () => {
        await connection[Symbol.asyncDispose]();
        await recording?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await recording?.[Symbol.asyncDispose]();
    throw error;
  }
}
