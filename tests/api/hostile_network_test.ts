/**
 * Every unary endpoint through the proxy and the interception of the simulated company network: without a
 * fault, with a 401 that recovers, with a 429, and with a connection that is cut.
 */
import { ModelCatalogue } from "../../lib/api/catalogue/model_catalogue.ts";
import { compactConversation } from "../../lib/api/compact.ts";
import { uploadFile } from "../../lib/api/files/upload_file.ts";
import { makeImages } from "../../lib/api/images.ts";
import { summarizeTraces } from "../../lib/api/memories.ts";
import { searchWeb } from "../../lib/api/search.ts";
import { listTasks } from "../../lib/api/tasks.ts";
import { getUsage } from "../../lib/api/usage.ts";
import { asCulvertError } from "../../lib/errors.ts";
import { rateLimited, unauthorized } from "../../lib/mock/api/refusals.ts";
import { createCall } from "../../lib/realtime/call/create_call.ts";
import { userMessage } from "../../lib/responses/events/items.ts";
import { Session, sessionOptions } from "../../lib/responses/turn/session.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Insider, insider } from "./network_kit.ts";

interface Endpoint {
  readonly name: string;
  /** The part of the path that a fault applies to. */
  readonly path: string;
  readonly call: (place: Insider) => Promise<unknown>;
  /**
   * Whether the request is not sent again after a cut connection, because the first may have been processed.
   */
  readonly isSentOnce?: true;
}

const model = "gpt-5.2";
const PICTURE = "data:image/png;base64,AAAA";

const ENDPOINTS: readonly Endpoint[] = [
  {
    name: "models",
    path: "/v1/models",
    call: ({ connection }) => new ModelCatalogue(connection).list({ refresh: "always" }),
  },
  { name: "usage", path: "/wham/usage", call: ({ connection }) => getUsage(connection) },
  { name: "tasks", path: "/wham/tasks/list", call: ({ connection }) => listTasks(connection) },
  {
    name: "compact",
    path: "/responses/compact",
    call: async ({ connection }) => {
      using session = new Session(sessionOptions(connection));
      return await compactConversation(
        connection,
        { model, input: [userMessage("hi")] },
        session.compaction(),
      );
    },
  },
  {
    name: "memories",
    path: "/memories/trace_summarize",
    call: ({ connection }) =>
      summarizeTraces(connection, { model, traces: [{ id: "t", sourcePath: "/t", items: [] }] }),
  },
  {
    name: "image generation",
    path: "/images/generations",
    call: ({ connection }) => makeImages(connection, { model, prompt: "a river" }),
  },
  {
    name: "image edit",
    path: "/images/edits",
    call: ({ connection }) => makeImages(connection, { model, prompt: "a road", images: [PICTURE] }),
  },
  {
    name: "search",
    path: "/alpha/search",
    call: ({ connection }) =>
      searchWeb(connection, { model, commands: { search_query: [{ q: "culvert" }] } }),
  },
  {
    name: "realtime call",
    path: "/realtime/calls",
    call: ({ connection }) => createCall(connection, { sdp: "v=0\r\ns=-\r\nt=0 0\r\n" }),
    isSentOnce: true,
  },
  { name: "file creation", path: "/backend-api/files", call: upload, isSentOnce: true },
  { name: "file confirmation", path: "/uploaded", call: upload },
];

async function upload({ connection }: Insider): Promise<unknown> {
  const path = await Deno.makeTempFile({ prefix: "culvert-hostile-" });
  try {
    await Deno.writeTextFile(path, "content");
    return await uploadFile(connection, path);
  } finally {
    await Deno.remove(path);
  }
}

function sendsTo({ network }: Insider, path: string): number {
  return network.api.log.all.filter((request) => request.path.includes(path)).length;
}

for (const { call, isSentOnce, name, path } of ENDPOINTS) {
  Deno.test(`${name}: the call succeeds through a proxy that intercepts TLS with a private CA`, async () => {
    await using place = await insider();
    assert(await call(place) !== undefined);
    const { network } = place;
    assert(network.proxyEvents.some((event) => event.kind === "connect" && event.action === "intercepted"));
    assert(place.observed.some((one) => one.kind === "request" && (one.status ?? 500) < 300));
  });

  Deno.test(`${name}: a 401 renews the login, and the request is sent again`, async () => {
    await using place = await insider();
    place.network.api.enqueueFault({ endpoint: path, refusal: unauthorized() });
    assert(await call(place) !== undefined);
    assertEquals(place.network.api.oauth.tokenRequests.map(({ status }) => status), [200]);
    const outcomes = place.observed.flatMap((one) => one.kind === "recovery" ? [one.outcome] : []);
    assertEquals(outcomes.at(-1), "recovery_succeeded");
  });

  Deno.test(`${name}: a 429 with Retry-After is retried after that time`, async () => {
    await using place = await insider();
    place.network.api.enqueueFault({ endpoint: path, refusal: rateLimited(7) });
    assert(await call(place) !== undefined);
    assert(place.slept.includes(7_000), `it waited ${place.slept}`);
  });

  Deno.test(`${name}: a cut connection is a network error, or the request is sent again`, async () => {
    for (const cut of ["head", "body"] as const) {
      await using place = await insider();
      place.network.api.enqueueFault({ endpoint: path, cut });
      const error = await call(place).then(() => undefined, asCulvertError);
      if (isSentOnce === true) {
        // The proxy answers 502 for a connection that is cut before the head of the answer.
        assertEquals([error?.exitStatus, sendsTo(place, path)], [cut === "head" ? 7 : 5, 1]);
      } else assertEquals(error?.message, undefined);
    }
  });
}
