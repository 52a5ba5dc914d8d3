/**
 * The doctor in the simulated network: a look at what interception is like, without having to suffer it.
 *
 * @module
 */
import { loadSettings } from "../../config/load_settings.ts";
import type { ExaminationOptions } from "../../doctor/examine.ts";
import { demoSettings, startDemo } from "../command/demo_connection.ts";

/** What is examined, and the network that it is examined in. */
export interface DemoSubject extends AsyncDisposable {
  readonly subject: Pick<ExaminationOptions, "world" | "settings">;
}

/**
 * Starts the demo network.
 *
 * @param given what would be examined elsewhere; its provider is `demo`
 */
export async function demoSubject(given: Pick<ExaminationOptions, "world" | "flags">): Promise<DemoSubject> {
  const settings = await loadSettings(given.flags, given.world);
  const demo = await startDemo(given.world);
  return {
    subject: { world: demo.world, settings: demoSettings(demo, settings) },
    [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose](),
  };
}
