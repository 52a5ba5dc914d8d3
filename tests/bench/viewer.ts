/**
 * Measures how long `culvert view` takes to open a capture of 10,000 events in Chromium: from the navigation until the
 * list, the timeline and the detail of the first exchange are drawn. Each run has a new browser with empty caches.
 */
import { CHROMIUM, openChromium, ready } from "../real/chromium_kit.ts";
import { recordTenThousand } from "../real/ten_thousand_events.ts";
import { startView } from "../real/view_kit.ts";
import type { Finding } from "./measure.ts";

const RUNS = 7;

/** Opens the capture in new browsers. */
export async function viewer(): Promise<readonly Finding[]> {
  const name = "a capture of 10,000 events opens in Chromium";
  const bar = "under 1,000 ms in each run";
  if (!await Deno.stat(CHROMIUM).then(() => true, () => false)) {
    return [{ name, measured: `not measured: ${CHROMIUM} is missing`, bar, passed: undefined }];
  }
  await using recording = await recordTenThousand();
  await using server = await startView(recording);
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await using opened = await openChromium();
    const begin = performance.now();
    await opened.page.goto(server.url);
    await ready(opened.page);
    times.push(performance.now() - begin);
  }
  times.sort((one, other) => one - other);
  const [median, worst] = [times[Math.floor(RUNS / 2)] ?? NaN, times.at(-1) ?? NaN];
  return [{
    name,
    measured: `median ${median.toFixed(0)} ms, longest ${worst.toFixed(0)} ms of ${RUNS}`,
    bar,
    passed: worst < 1_000,
  }];
}
