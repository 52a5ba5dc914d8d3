/**
 * Stores the results of the last exports across processes, for `culvert telemetry status`.
 *
 * @module
 */
import { z } from "zod";
import { type Signal, SIGNALS } from "../../config/otel/telemetry_settings.ts";
import { WholeFile } from "../../files/whole_file.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { jsonObject } from "../../text/json.ts";
import type { World } from "../../world/world.ts";
import type { ExportOutcome } from "./export_queue.ts";

const entrySchema = z.object({
  /** Host and path of the destination. */
  destination: z.string(),
  /** ms since 1970. */
  last_success_at: z.number().optional(),
  last_error: z.object({ at: z.number(), message: z.string() }).optional(),
  sent: z.number(),
  dropped: z.number(),
});

const schema = z.object({ signals: z.partialRecord(z.enum(SIGNALS), entrySchema) });

/** The results of the exports of one signal, of all processes together. */
export type StateEntry = z.infer<typeof entrySchema>;

/** The entries by signal. */
export type TelemetryState = Readonly<Partial<Record<Signal, StateEntry>>>;

/** One file of mode 0600. A file that cannot be read counts as empty. */
export class TelemetryStateFile {
  readonly #file: WholeFile;

  /** @param codexHome absolute; the file is `culvert/telemetry.json` in it */
  constructor(codexHome: string, world: Pick<World, "now">) {
    this.#file = new WholeFile(absolutePath("culvert/telemetry.json", codexHome), world, {
      code: "output_unwritable",
      orElse: "or set CODEX_HOME to another directory",
    });
  }

  /** Returns the entries. */
  async read(): Promise<TelemetryState> {
    const bytes = await this.#file.read().catch(() => undefined);
    if (bytes === undefined) return {};
    return schema.safeParse(jsonObject(new TextDecoder().decode(bytes))).data?.signals ?? {};
  }

  /**
   * Adds outcomes. The counts of a signal start again from zero if its destination has changed.
   *
   * @throws CulvertError `output_unwritable`
   */
  async add(outcomes: readonly (readonly [Signal, string, ExportOutcome])[]): Promise<void> {
    const before = await this.read();
    const signals: Partial<Record<Signal, StateEntry>> = { ...before };
    for (const [signal, destination, outcome] of outcomes) {
      const old = before[signal]?.destination === destination ? before[signal] : undefined;
      const lastSuccess = outcome.lastSuccessAt ?? old?.last_success_at;
      const lastError = outcome.lastError ?? old?.last_error;
      signals[signal] = {
        destination,
        ...(lastSuccess === undefined ? {} : { last_success_at: lastSuccess }),
        ...(lastError === undefined ? {} : { last_error: { ...lastError } }),
        sent: (old?.sent ?? 0) + outcome.sent,
        dropped: (old?.dropped ?? 0) + outcome.dropped,
      };
    }
    const slot = await this.#file.reserve();
    await slot.commit(`${JSON.stringify({ signals }, null, 2)}\n`);
  }
}
