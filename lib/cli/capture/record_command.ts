/**
 * Records the requests of a command of this program, from inside: no proxy is needed, every credential works, and the
 * texts are those before compression.
 *
 * @module
 */
import { type RecorderSummary, startRecorder } from "../../capture/record/recorder.ts";
import type { TapFactory } from "../../net/exchange_tap.ts";
import { plural } from "../../text/plural.ts";
import { VERSION } from "../../version.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";

/** A recording under way. Its disposal ends it and says on stderr what was recorded. */
export interface Recording extends AsyncDisposable {
  /** Makes the tap of each exchange. */
  readonly tap: TapFactory;
}

/**
 * Starts to record.
 *
 * @param name the directory of the capture, relative to the working directory
 * @throws CulvertError `output_unwritable`
 */
export async function recordCommand(name: string, host: Host, reporter: Reporter): Promise<Recording> {
  const { world } = host;
  const recorder = await startRecorder({
    directory: absolutePath(name, world.cwd()),
    world,
    toolVersion: VERSION,
    secrets: reporter.secrets,
    warn: reporter.warn,
  });
  return {
    tap: recorder.tap,
    [Symbol.asyncDispose]: async () => reporter.progress(summaryLine(await recorder.close())),
  };
}

/** Returns what was recorded, as one line. */
export function summaryLine({ exchanges, directory, failure }: RecorderSummary): string {
  const count = plural(exchanges, "exchange");
  return failure === undefined
    ? `${count} recorded in ${directory}`
    : `the recording in ${directory} is incomplete; there ${exchanges === 1 ? "was" : "were"} ${count}`;
}
