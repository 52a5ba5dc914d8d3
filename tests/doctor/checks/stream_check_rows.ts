/** Findings of the doctor about the stream of an answer. The rows run in the process and as the program. */
import { startNetwork } from "../../../lib/mock/network.ts";
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { httpServer } from "../../net/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { type CheckRow, finding, PLANTED_KEY } from "../kit.ts";
import { ward } from "../network_kit.ts";

/** An API without the stream with known send times, like the real one. */
function withoutTimedEvents(port: number) {
  return httpServer(async (request) => {
    const url = new URL(request.url);
    const body = request.method === "POST" ? await request.arrayBuffer() : undefined;
    const reply = await fetch(`http://localhost:${port}${url.pathname}${url.search}`, {
      method: request.method,
      headers: request.headers,
      ...(body === undefined ? {} : { body }),
    });
    const headers = new Headers(reply.headers);
    headers.delete("culvert-timed-events");
    return new Response(reply.body, { status: reply.status, headers });
  });
}

/** Returns the requests for an answer, which have an input. */
function turns(api: MockApi) {
  return api.log.all.filter(({ json, method }) => method === "POST" && json?.["input"] !== undefined);
}

/** Each row examines a server once or more and checks the findings. */
export const STREAM_ROWS: readonly CheckRow[] = [
  {
    name: "a stream without buffering passes",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const found = finding(await at.diagnose(), "sse");
      assertEquals(found.status, "ok");
      assertIncludes(found.summary, "Not buffered");
    },
  },
  {
    name: "a stream that a proxy buffers causes a warning with its remedy",
    check: async (diagnose) => {
      const network = await startNetwork({ proxy: { bufferEventStreams: true } });
      try {
        const found = finding(await diagnose({ url: network.baseUrl, env: network.env }), "sse");
        assertEquals([found.status, found.details["bursts"]], ["warn", 1]);
        assertIncludes(found.summary, "Buffered");
        assertIncludes(found.summary, "in 1 burst");
        assertIncludes(found.remediation ?? "", "disable buffering");
      } finally {
        await network.close();
      }
    },
  },
  {
    name: "a stream that is cut short fails",
    check: async (diagnose) => {
      const event = (index: number) => `data: {"type":"culvert.timed_event","sent_at_ms":${index * 100}}\n\n`;
      await using server = httpServer((request) =>
        request.url.includes("timed-events")
          ? new Response(event(0) + event(1), { headers: { "content-type": "text/event-stream" } })
          : Response.json({ data: [] }, { headers: { "culvert-timed-events": "culvert/timed-events" } })
      );
      const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1` });
      assertEquals([finding(report, "sse").code, report.exit_code], ["stream_closed", 5]);
      assertIncludes(finding(report, "sse").summary, "2 of 6");
    },
  },
  {
    name: "a stream without any event is reported within 5 s",
    isSlow: true,
    check: async (diagnose) => {
      const silent = () => new ReadableStream({ start: () => {} });
      await using server = httpServer((request) =>
        request.url.includes("timed-events")
          ? new Response(silent(), { headers: { "content-type": "text/event-stream" } })
          : Response.json({ data: [] }, { headers: { "culvert-timed-events": "culvert/timed-events" } })
      );
      const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1` });
      assertEquals(finding(report, "sse").status, "fail");
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "without --spend no answer is requested, and the check says what it did not test",
    check: async (diagnose) => {
      const api = await startMockApi({ plain: true });
      try {
        await using front = withoutTimedEvents(api.port);
        const url = `http://127.0.0.1:${front.port}/v1`;
        const report = await diagnose({ url, env: { CULVERT_API_KEY: PLANTED_KEY } });
        assertEquals(finding(report, "sse").status, "skipped");
        assertIncludes(finding(report, "sse").summary, "delayed, cut or silent");
        assertIncludes(finding(report, "sse").summary, "--spend tests it");
        assertEquals(turns(api).length, 0);
      } finally {
        await api.close();
      }
    },
  },
  {
    name: "with --spend one short answer is requested and its arrival times are judged",
    check: async (diagnose) => {
      const api = await startMockApi({ plain: true, scenario: { gapMs: 60 } });
      try {
        await using front = withoutTimedEvents(api.port);
        const url = `http://127.0.0.1:${front.port}/v1`;
        const given = { url, env: { CULVERT_API_KEY: PLANTED_KEY }, spend: true };
        assertIncludes(finding(await diagnose(given), "sse").summary, "An answer streams");
        assertEquals(turns(api).length, 1);
        api.enqueue({ gapMs: 0 });
        assertEquals(finding(await diagnose(given), "sse").status, "ok");
        api.enqueue({
          refusal: { status: 429, body: { error: { type: "insufficient_quota", message: "Spent" } } },
        });
        const refused = await diagnose(given);
        assertEquals([finding(refused, "sse").code, refused.exit_code], ["quota", 6]);
        assertEquals(turns(api).length, 3);
      } finally {
        await api.close();
      }
    },
  },
];
