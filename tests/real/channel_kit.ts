/** Compares the requests at the hosts of the vendor with the coverage table of the capture. */
import { channelIdOf, CHANNELS } from "../../lib/capture/relay/channels.ts";
import type { RecordedRequest } from "../../lib/mock/api/request_log.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

/** Requests of one channel: a websocket counts once, with any number of frames. */
interface Used {
  readonly title: string;
  readonly host: string;
  readonly requests: number;
}

function usedChannels(seen: readonly RecordedRequest[]): readonly Used[] {
  const requests = new Map<string, Set<string>>();
  for (const [index, { headers, path, transport, connection }] of seen.entries()) {
    const host = headers["host"] ?? "";
    const id = channelIdOf(`https://${host}${path}`, transport === "websocket");
    const key = `${id} ${host}`;
    requests.set(
      key,
      (requests.get(key) ?? new Set()).add(transport === "websocket" ? `ws${connection}` : `${index}`),
    );
  }
  return [...requests].map(([key, all]) => {
    const [id, host = ""] = key.split(" ");
    return {
      host,
      requests: all.size,
      title: CHANNELS.find((channel) => channel.id === id)?.title ?? `${id}`,
    };
  });
}

/**
 * Asserts that the table has every channel on which the hosts of the vendor received a request.
 *
 * @param stderr of the capture
 * @param notCoverable whether channels may also be listed as not coverable
 */
export function assertEveryChannel(
  stderr: string,
  seen: readonly RecordedRequest[],
  { notCoverable }: { readonly notCoverable: boolean },
): void {
  const uncovered =
    /cannot be recorded in \w+ mode: (.*)/.exec(stderr.replaceAll(/\nculvert: {3}/g, " "))?.[1]?.split(
      ", ",
    ) ?? [];
  const used = usedChannels(seen);
  assert(used.length > 0, "no request arrived");
  for (const { title, host, requests } of used) {
    if (notCoverable && uncovered.includes(title)) continue;
    if (title === "other hosts") {
      // For hosts that are not intercepted the table has the connections.
      assertMatch(stderr, new RegExp(`^culvert: ${RegExp.escape(host)} +\\d+ `, "m"), host);
      continue;
    }
    const row = new RegExp(`^culvert: ${RegExp.escape(title)} +(\\d+) `, "m").exec(stderr)?.[1];
    assert(row !== undefined, `${title} (${host}) is not in the table:\n${stderr}`);
    assert(Number(row) >= requests, `${title}: ${requests} requests arrived, the table has ${row}`);
  }
  // Every channel of the vendor's hosts has a name.
  const unnamed = used.filter(({ title, host }) => title === "other hosts" && !host.endsWith("github.com"));
  assertEquals(unnamed, []);
}
