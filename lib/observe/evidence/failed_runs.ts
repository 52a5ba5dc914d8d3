/**
 * Stores evidence about the latest failed runs, for `culvert report`.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { CulvertError, type DetailValue } from "../../errors.ts";
import { stateFolder } from "../../files/state_folder.ts";
import { WholeFile } from "../../files/whole_file.ts";
import type { World } from "../../world/world.ts";

/** Number of runs that are kept. */
const MAX_RUNS = 20;

/** Longest record, characters. */
const MAX_LENGTH = 40_000;

const RECORD = z.record(z.string(), z.json());

/** A record of one run. */
export type FailedRun = Readonly<Record<string, DetailValue>>;

/** The file: JSON lines, the latest last, mode 0600. */
export interface FailedRunsFile {
  readonly path: string;
  /**
   * Adds a record; the oldest is removed if there are more than 20. Does nothing if the file cannot be
   * written.
   */
  readonly add: (record: FailedRun) => Promise<void>;
  /** Returns the records, the latest first. Lines that are not records are skipped. */
  readonly read: () => Promise<readonly FailedRun[]>;
}

/** Returns the file in the state folder; `undefined` if the home directory is not known. */
export function failedRunsFile(world: Pick<World, "env" | "home" | "now">): FailedRunsFile | undefined {
  const folder = stateFolder(world);
  if (folder === undefined) return undefined;
  const path = join(folder, "failed_runs.jsonl");
  const file = new WholeFile(path, world, { code: "output_unwritable", orElse: "or set XDG_STATE_HOME" });
  return {
    path,
    add: async (record) => {
      const line = JSON.stringify(record);
      if (line.length > MAX_LENGTH) return;
      try {
        const lines = await linesOf(file);
        const slot = await file.reserve(0);
        await slot.commit(`${[...lines, line].slice(-MAX_RUNS).join("\n")}\n`);
      } catch (thrown) {
        // The failed run has its own error, which this file only helps to report.
        if (!(thrown instanceof CulvertError)) throw thrown;
      }
    },
    read: async () => {
      const lines = await linesOf(file).catch(() => []);
      return lines.flatMap((line) => {
        const parsed = RECORD.safeParse(valueOf(line));
        return parsed.success ? [parsed.data] : [];
      }).toReversed();
    },
  };
}

async function linesOf(file: WholeFile): Promise<readonly string[]> {
  const bytes = await file.read();
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
  return text.split("\n").filter((line) => line !== "");
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
