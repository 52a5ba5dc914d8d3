/** Runs the doctor without connections, with a planted key. */
import type { Report } from "../../../lib/doctor/report/report.ts";
import { type Diagnose, PLANTED_KEY } from "../kit.ts";

const KEY = { CULVERT_API_KEY: PLANTED_KEY };

/**
 * Examines an environment.
 *
 * @param env variables beside the planted key
 * @param flags flags of the command
 */
export async function offline(
  diagnose: Diagnose,
  env: Readonly<Record<string, string>> = {},
  flags = {},
): Promise<Report> {
  return await diagnose({ mode: "offline", env: { ...KEY, ...env }, flags });
}
