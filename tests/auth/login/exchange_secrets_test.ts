/** What observations and errors report of an exchange with the authority, for each way it can end. */
import { exchange } from "../../../lib/auth/chatgpt/auth_exchange.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { createDialer } from "../../../lib/net/dialer/create_dialer.ts";
import { type Observation, observerOf } from "../../../lib/net/observer.ts";
import { createRouteTable } from "../../../lib/net/route/route_table.ts";
import { CA, everythingOf, httpServer, LEAF, rawServer, trusting, worldWith } from "../../net/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";

const SECRETS = {
  headers: { authorization: "Bearer CANARY-BEARER", "x-own": "CANARY-HEADER" },
  body: "refresh_token=CANARY-BODY",
};
const QUERY = "/oauth/token?refresh_token=CANARY-QUERY&code=CANARY-CODE#CANARY-FRAGMENT";
const ANSWERED = { "set-cookie": "CANARY-COOKIE", "x-theirs": "CANARY-THEIRS" };

/** Posts the secrets and collects all observations and errors. */
async function told(origin: string, limitMs = 5_000): Promise<{ end: string | number; words: string }> {
  const seen: Observation[] = [];
  const world = worldWith();
  const { routes } = await createRouteTable({ env: world.env });
  const dialer = createDialer({
    trust: trusting(CA.certificate),
    routes,
    world,
    userAgent: "culvert-test/0",
    observer: observerOf((observation) => seen.push(observation)),
  });
  const request = { method: "POST", url: new URL(QUERY, origin), ...SECRETS } as const;
  try {
    const { status } = await exchange({ dialer, world }, request, limitMs);
    return { end: status, words: JSON.stringify(seen) };
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    return { end: error.code, words: `${JSON.stringify(seen)}${everythingOf(error)}` };
  } finally {
    dialer.close();
  }
}

interface Ending {
  readonly what: string;
  readonly end: string | number;
  readonly start: () => Promise<AsyncDisposable & { readonly port: number }>;
  readonly scheme?: "https";
  readonly limitMs?: number;
}

const OTHER_NAME = await CA.issue({ commonName: "other.test", names: ["other.test"] });
const page = (status: number) => () => new Response("CANARY-PAGE", { status, headers: ANSWERED });
const serving = (answer: () => Response | Promise<Response>, pair?: typeof LEAF) => () =>
  Promise.resolve(httpServer(answer, pair));

const ENDINGS: readonly Ending[] = [
  { what: "is answered", end: 200, start: serving(page(200)) },
  { what: "is refused", end: 400, start: serving(page(400)) },
  { what: "is answered over TLS", end: 500, scheme: "https", start: serving(page(500), LEAF) },
  {
    what: "finds another certificate",
    end: "tls_name_mismatch",
    scheme: "https",
    start: serving(page(200), OTHER_NAME),
  },
  {
    what: "is not answered in time",
    end: "header_timeout",
    limitMs: 100,
    start: serving(() => new Promise<Response>(() => {})),
  },
  {
    what: "is cut off",
    end: "reset",
    start: () => rawServer((socket) => socket.once("data", () => socket.destroy())),
  },
  {
    what: "is answered by no HTTP",
    end: "connect",
    start: () => rawServer((socket) => socket.once("data", () => socket.end("CANARY-GARBAGE\r\n\r\n"))),
  },
  {
    what: "is led astray",
    end: "redirect",
    start: serving(() =>
      new Response(null, {
        status: 307,
        headers: { location: "ftp://ada:CANARY-USER@h.example/?code=CANARY-THERE" },
      })
    ),
  },
];

for (const { what, end, start, scheme = "http", limitMs } of ENDINGS) {
  Deno.test(`an exchange that ${what} reports no query, header or body`, async () => {
    await using server = await start();
    const seen = await told(`${scheme}://localhost:${server.port}`, limitMs);
    assertEquals(seen.end, end);
    assertIncludes(seen.words, `localhost:${server.port}`);
    assertExcludes(seen.words, "CANARY");
  });
}
