/**
 * Runs the doctor in the simulated network, to show the report of an intercepted connection.
 *
 * @module
 */
import { loadSettings } from "../../config/load_settings.ts";
import type { ExaminationOptions } from "../../doctor/examine.ts";
import { demoSettings, startDemo } from "../../mock/demo.ts";

/** The settings and the environment of the simulated network, which runs until this is disposed of. */
export interface DemoSubject extends AsyncDisposable {
  readonly subject: Pick<ExaminationOptions, "world" | "settings">;
}

/**
 * Starts the simulated network.
 *
 * @param given the flags as given; their provider is `demo`
 */
export async function demoSubject(given: Pick<ExaminationOptions, "world" | "flags">): Promise<DemoSubject> {
  const settings = await loadSettings(given.flags, given.world);
  const demo = await startDemo(given.world, { settings });
  return {
    subject: { world: demo.world, settings: demoSettings(demo, settings) },
    [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose](),
  };
}
