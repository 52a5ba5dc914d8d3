/**
 * HAR 1.2 with the extensions of Chrome DevTools and HTTP Toolkit for websockets, and a list of the events of an
 * event stream.
 *
 * @module
 */
import { z } from "zod";
import { redactionProfile } from "../record/read/record_schema.ts";

const header = z.object({ name: z.string(), value: z.string() });
const number = z.number().catch(-1);

/** A message of a websocket. */
const socketMessage = z.object({
  type: z.enum(["send", "receive", "error"]),
  /** Seconds since 1970. */
  time: z.number(),
  opcode: z.number(),
  /** Text, or base64 of a binary message. */
  data: z.string(),
});

/** An event of an event stream. */
const streamEvent = z.object({
  /** Seconds since 1970. */
  time: z.number(),
  eventName: z.string(),
  eventId: z.string().catch(""),
  data: z.string(),
});

const entry = z.object({
  startedDateTime: z.string().catch(""),
  time: number,
  request: z.object({
    method: z.string(),
    url: z.string(),
    httpVersion: z.string().catch("HTTP/1.1"),
    headers: z.array(header).catch([]),
    postData: z.object({ mimeType: z.string().catch(""), text: z.string().catch("") }).nullish(),
  }),
  // An entry without a response has none at all, or one without a status (Charles): it counts as failed.
  response: z.object({
    status: z.number().catch(0),
    statusText: z.string().catch(""),
    httpVersion: z.string().catch("HTTP/1.1"),
    headers: z.array(header).catch([]),
    content: z.object({
      size: number,
      mimeType: z.string().catch(""),
      text: z.string().nullish(),
      encoding: z.string().nullish(),
    }).catch({ size: 0, mimeType: "" }),
  }).catch({
    status: 0,
    statusText: "",
    httpVersion: "HTTP/1.1",
    headers: [],
    content: { size: 0, mimeType: "" },
  }),
  timings: z.object({
    blocked: number,
    dns: number,
    connect: number,
    ssl: number,
    send: number,
    wait: number,
    receive: number,
  })
    .partial().catch({}),
  _webSocketMessages: z.array(socketMessage).nullish().catch(undefined),
  _webSocketClose: z.union([z.string(), z.object({ code: z.number(), reason: z.string().catch("") })])
    .nullish()
    .catch(undefined),
  _eventSourceMessages: z.array(streamEvent).nullish().catch(undefined),
  _resourceType: z.string().nullish().catch(undefined),
});

/** What is read of a HAR file. Unknown members are ignored, and most mistakes of other programs are forgiven. */
export const harSchema = z.object({
  log: z.object({
    creator: z.object({ name: z.string(), version: z.string() }).catch({ name: "unknown", version: "" }),
    /** The profile of the capture that culvert exported. Other programs do not redact. */
    _redaction: redactionProfile.catch("none"),
    entries: z.array(entry),
  }),
});

/** An entry that was read. */
export type HarEntry = z.infer<typeof entry>;
