/** `culvert capture --live` in a real Chromium: the page updates while the program runs. */
import { startNetwork } from "../../lib/mock/network.ts";
import { assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { startCulvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { CHROMIUM, openChromium, ready } from "./chromium_kit.ts";

const TURN =
  `curl -sS --max-time 60 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"model":"gpt-5.2","input":"hello","stream":true}' "$BASE/responses" >/dev/null`;

interface LiveCapture extends AsyncDisposable {
  readonly url: string;
  /** Lets the program of the capture make its next request. */
  readonly next: () => Promise<void>;
  /** Ends the program and returns what capture wrote on stderr. */
  readonly end: () => Promise<string>;
}

/** Starts `culvert capture --live` of a shell that makes one request for each line of its input. */
async function startLive(env: Readonly<Record<string, string>>, directory: string): Promise<LiveCapture> {
  const child = startCulvert(
    ["capture", "--live", "-o", directory, "--", "sh", "-c", `while read -r line; do ${TURN}; done`],
    { env },
  );
  const writer = child.stdin.getWriter();
  let log = "";
  const address = Promise.withResolvers<string>();
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      log += text;
      const url = /live view: (\S+)\n/.exec(log)?.[1];
      if (url !== undefined) address.resolve(url);
    }
    address.reject(new Error(`culvert capture ended without an address:\n${log}`));
  })();
  const output = child.stdout.cancel();
  return {
    url: await address.promise,
    next: () => writer.write(new TextEncoder().encode("\n")),
    end: async () => {
      await writer.close();
      await Promise.all([child.status, reading, output]);
      return log;
    },
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGTERM");
      } catch (error) {
        // It has ended.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
    },
  };
}

await testWith(
  [CHROMIUM, "curl"],
  "the live page shows each exchange and each event as it comes, keeps filter and focus, and shows the end",
  async () => {
    await using network = await startNetwork();
    const work = await Deno.makeTempDir({ prefix: "culvert-live-" });
    try {
      const env = { ...network.env, BASE: network.baseUrl, KEY: network.apiKey };
      await using live = await startLive(env, join(work, "capture"));
      await using opened = await openChromium();
      const { page } = opened;
      await page.goto(live.url);
      await ready(page);
      assertIncludes(await page.textContent("#detail") ?? "", "Nothing was recorded yet");
      await page.locator("#live.on", { hasText: "live" }).waitFor();

      // A stream of events half a second apart: its events are shown before its end.
      const words = Array.from({ length: 8 }, (_, number) => `word${number} `);
      network.api.enqueue({ text: words, gapMs: 500 });
      await live.next();
      await page.locator("#count", { hasText: "1 exchanges" }).waitFor();
      await page.keyboard.press("3");
      await page.locator(".events .option", { hasText: "response.created" }).waitFor();
      assertMatch(await page.textContent("#list") ?? "", /model/);
      await page.locator("#events-filter").fill("delta");
      // The focus and the filter stay while the exchange grows.
      await page.locator(".events .filter span", { hasText: /^3 of / }).waitFor();
      await page.locator(".events .filter span", { hasText: /^5 of / }).waitFor();
      assertEquals(await page.inputValue("#events-filter"), "delta");
      assertEquals(await page.evaluate("document.activeElement.id"), "events-filter");
      await page.locator(".events .filter span", { hasText: /^8 of / }).waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("1");
      await page.locator("#panel", { hasText: "completed" }).waitFor();

      // Later exchanges appear, and the search holds.
      await page.locator("#search").fill("429");
      network.api.enqueue({ refusal: { status: 429, body: { error: { message: "Slow down" } } } });
      await live.next();
      await page.locator("#count", { hasText: "1 of 2 exchanges" }).waitFor();
      await live.next();
      await page.locator("#count", { hasText: "1 of 3 exchanges" }).waitFor();

      const log = await live.end();
      assertIncludes(log, "3 exchanges recorded in");
      await page.locator("#live", { hasText: "ended" }).waitFor();
      assertEquals(opened.errors.filter((error) => !error.includes("429")), []);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
);

await testWith(
  [CHROMIUM, "curl"],
  "what is recorded between the first load of the page and its connection is shown",
  async () => {
    await using network = await startNetwork();
    const work = await Deno.makeTempDir({ prefix: "culvert-live-" });
    try {
      const env = { ...network.env, BASE: network.baseUrl, KEY: network.apiKey };
      await using live = await startLive(env, join(work, "capture"));
      await using opened = await openChromium();
      const { page } = opened;
      // The connection that tells of changes is held back until the exchange has been recorded.
      const recorded = Promise.withResolvers<void>();
      await page.route("**/data/changes", async (route) => {
        await recorded.promise;
        await route.continue();
      });
      await page.goto(live.url);
      await ready(page);
      await live.next();
      const index = `${live.url}data/index.json`;
      for (let outcome = ""; outcome !== "ok";) {
        outcome = (await (await fetch(index)).json()).rows[0]?.outcome ?? "";
      }
      assertEquals(await page.textContent("#count"), "0 exchanges");
      recorded.resolve();
      await page.locator("#count", { hasText: "1 exchanges" }).waitFor();
      await live.end();
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
);
