/**
 * Shows a capture in a browser, also while it is being recorded.
 *
 * @module
 */
import { Hono } from "hono";
import { listen } from "../../net/server/listener.ts";
import type { World } from "../../world/world.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { randomToken } from "../relay/relay_guard.ts";
import { type CaptureContext, captureContext } from "./capture_context.ts";
import { loopbackOnly } from "./loopback_only.ts";
import { buildPage } from "./page_parts.ts";
import { detailOf, textsOf, withoutTexts } from "./view_detail.ts";
import { indexOf } from "./view_index.ts";

/** A capture that may grow. */
export interface ViewSource {
  /** Returns what was recorded so far. */
  readonly capture: () => LoadedCapture;
  /** Reads what was recorded since, and returns whether there was something. */
  readonly refresh: () => boolean;
}

/** Options of {@link startView}. */
export interface ViewOptions {
  readonly source: ViewSource;
  readonly world: Pick<World, "sleep">;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /** Time between two looks at a growing capture, ms. Default 500. */
  readonly pollMs?: number;
}

/** A view that is served on 127.0.0.1. */
export interface ViewServer {
  /** The address of the page. It holds a random token: other users of the machine cannot guess it. */
  readonly url: string;
  /** Lets the open pages load the last records, and closes. */
  readonly finish: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const POLL_MS = 500;
/** Time that open pages have to load the last records, ms. */
const LAST_LOAD_MS = 1_000;

/**
 * Serves the page.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startView(options: ViewOptions): Promise<ViewServer> {
  const { source, world, port = 0, pollMs = POLL_MS } = options;
  const token = randomToken();
  const { html, policy } = await buildPage();
  const stop = new AbortController();
  let actualPort = port;
  /** Changes with every record that is read. */
  let version = 0;
  const etag = () => `"${version}"`;
  /** What was computed from the capture as it is now. */
  let index: string | undefined;
  let context: CaptureContext | undefined;
  const currentContext = () => context ??= captureContext(source.capture());
  const currentIndex = () => index ??= JSON.stringify(indexOf(source.capture(), currentContext()));
  // Before the address is known, since the page waits for it.
  currentIndex();
  const readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const app = new Hono();
  app.use(loopbackOnly(() => actualPort));
  app.use(async (request, next) => {
    await next();
    request.header("cache-control", "no-store");
    request.header("x-content-type-options", "nosniff");
    request.header("cross-origin-resource-policy", "same-origin");
  });
  app.get(
    `/${token}/`,
    (request) =>
      request.html(html, 200, { "content-security-policy": policy, "referrer-policy": "no-referrer" }),
  );
  app.get(
    `/${token}/data/index.json`,
    (request) => request.body(currentIndex(), 200, { ...JSON_TYPE, etag: etag() }),
  );
  const exchangeNamed = (file: string) =>
    currentContext().pictures.exchanges.get(file.replace(/\.json$/, ""));
  app.get(`/${token}/data/exchange/:file{.+\\.json}`, (request) => {
    const exchange = exchangeNamed(request.req.param("file"));
    if (exchange === undefined) return request.notFound();
    const detail = withoutTexts(detailOf(exchange, currentContext()));
    return request.body(JSON.stringify(detail), 200, JSON_TYPE);
  });
  app.get(`/${token}/data/texts/:file{.+\\.json}`, (request) => {
    const exchange = exchangeNamed(request.req.param("file"));
    if (exchange === undefined) return request.notFound();
    return request.body(JSON.stringify(textsOf(detailOf(exchange, currentContext()))), 200, JSON_TYPE);
  });
  app.get(`/${token}/data/changes`, (request) => {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        readers.add(controller);
        const isOutdated = request.req.query("known") !== etag();
        controller.enqueue(isOutdated ? eventOf("changed") : new TextEncoder().encode(": connected\n\n"));
      },
      cancel: () => {
        if (own !== undefined) readers.delete(own);
      },
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  });
  const listener = await listen({ port, handle: app.fetch });
  actualPort = listener.port;
  const watching = watch();
  const close = async () => {
    stop.abort();
    await watching;
    await listener.close();
  };
  return {
    url: `http://127.0.0.1:${listener.port}/${token}/`,
    close,
    finish: async () => {
      look("ended");
      if (readers.size > 0) await world.sleep(LAST_LOAD_MS, stop.signal);
      await close();
    },
  };

  /** Reads what is new, and tells the open pages. */
  function look(name: "changed" | "ended"): void {
    if (source.refresh()) {
      version++;
      index = undefined;
      context = undefined;
    } else if (name === "changed") return;
    for (const reader of readers) reader.enqueue(eventOf(name));
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      look("changed");
      await world.sleep(pollMs, stop.signal).catch(() => {
        // Aborted: the loop ends at its condition.
      });
    }
  }
}

function eventOf(name: "changed" | "ended"): Uint8Array {
  return new TextEncoder().encode(`event: ${name}\ndata:\n\n`);
}

const JSON_TYPE = { "content-type": "application/json" };
