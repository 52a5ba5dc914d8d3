/**
 * The records of a capture: one JSON object a line in `capture.jsonl`, in the order in which they were observed.
 * Directions are those of the client: it sends requests and receives responses.
 *
 * A capture is a directory (0700) with `capture.jsonl` and `meta.json` (0600) and `bodies/`, which holds texts of
 * more than {@link INLINE_LIMIT} bytes under the SHA-256 of their content. Lines are only ever appended, so a crash
 * loses at most the last one.
 *
 * @module
 */

/** Version of the format. A reader refuses records of another version. */
export const FORMAT_VERSION = 1;

/** File of the records. */
export const RECORDS_FILE = "capture.jsonl";
/** File that describes the capture. */
export const META_FILE = "meta.json";
/** Folder of the texts that are too long for a line. */
export const BODIES_FOLDER = "bodies";

/** Texts of at most so many UTF-16 units are stored in a line, bytes likewise. */
export const INLINE_LIMIT = 64 * 1024;

/** A header field, in the letter case of the wire. */
export type HeaderPair = readonly [name: string, value: string];

/** Facts lifted from headers and events, by name. */
export type Tags = Readonly<Record<string, string>>;

/**
 * A part of a text: the text itself, or `count` consecutive pieces from number `first` on, joined by `separator`
 * (default: nothing).
 */
export type Part = string | readonly [first: number, count: number, separator?: string];

/** Bytes of a capture after which no more bodies or packets are recorded, unless another limit is given: 1 GiB. */
export const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;

/** The `decode_error` of what was not recorded to its end because the traffic was faster than the recording. */
export const LOST = "the traffic was faster than the recording; the rest was not recorded";

/**
 * Why a text is absent: the capture has reached its limit, it could not be decoded, it is not text and holds a secret
 * that cannot be taken out of it, or the disk was slower than the traffic.
 */
export type Omission = "budget" | "undecodable" | "secret" | "backlog";

/** A text as it is stored: whole, or put together from parts, or left out. */
export interface StoredText {
  readonly text?: string;
  readonly parts?: readonly Part[];
  readonly omitted?: Omission;
}

/** The decoded body of a request or response, after redaction. */
export interface StoredBody extends StoredText {
  readonly encoding: "utf8" | "base64";
  /** SHA-256 of the stored text, hexadecimal. */
  readonly sha256?: string;
  /** Bytes on the wire, without chunked framing. */
  readonly wire_size: number;
  /** Bytes after decoding, before redaction. */
  readonly size: number;
  readonly content_encoding?: string;
  /** The body was longer than the limit; what was stored is its beginning. */
  readonly truncated: boolean;
  /** Why the rest could not be decoded. */
  readonly decode_error?: string;
}

/** Fields of every record that belongs to an exchange. */
export interface RecordBase {
  readonly v: typeof FORMAT_VERSION;
  /** Consecutive number within the capture. */
  readonly seq: number;
  /** The exchange. */
  readonly id: string;
  /** Monotonic time since the start of the capture, ms. */
  readonly t_ms: number;
  /** Wall clock, ms since 1970. */
  readonly wall_ms: number;
  readonly channel: string;
  readonly tags?: Tags;
}

/** The head of a request and its body, where that was complete when the record was written. */
export interface RequestRecord extends RecordBase {
  readonly kind: "http.request";
  readonly connection: number;
  readonly method: string;
  readonly url: string;
  readonly http_version: string;
  readonly headers: readonly HeaderPair[];
  readonly body?: StoredBody;
}

/** The head of a response. */
export interface ResponseRecord extends RecordBase {
  readonly kind: "http.response";
  readonly status: number;
  readonly status_text: string;
  readonly headers: readonly HeaderPair[];
  /** A 1xx response other than 101; the response proper follows. */
  readonly interim?: boolean;
}

/** One event of an event stream. */
export interface SseRecord extends RecordBase {
  readonly kind: "sse.event";
  readonly index: number;
  /** The event's name; `message` where the server gave none, `:` for a comment. Cut at 64 Ki UTF-16 units. */
  readonly event: string;
  /** Cut likewise. */
  readonly event_id?: string;
  readonly retry?: number;
  readonly data?: string;
  readonly data_parts?: readonly Part[];
  readonly omitted?: Omission;
  /** `type` of the JSON in `data`. */
  readonly json_type?: string;
  /** Position and length in the decoded stream, bytes. */
  readonly offset: number;
  readonly size: number;
  /** The block as it stood in the stream, where it cannot be derived from the other fields. */
  readonly raw?: string;
  /** The stream ended within this event. */
  readonly incomplete?: boolean;
}

/** Durations in ms; -1 where unknown. */
export interface Timings {
  readonly blocked: number;
  readonly dns: number;
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly first_event: number;
  readonly first_output: number;
  readonly receive: number;
}

/** A piece of a body or of an upgraded connection, as it came from the network. */
export interface ChunkRecord extends RecordBase {
  readonly kind: "http.chunk";
  readonly dir: "send" | "receive";
  /** Position and length on the wire, bytes. */
  readonly offset: number;
  readonly size: number;
  /** The bytes, base64. Only without redaction: nothing can be found in bytes that may be compressed. */
  readonly data?: string;
  readonly data_parts?: readonly Part[];
  readonly omitted?: Omission;
}

/** The end of an HTTP exchange. */
export interface EndRecord extends RecordBase {
  readonly kind: "http.end";
  readonly outcome: "ok" | "aborted" | "error";
  readonly error?: string;
  /** The response body, unless it was an event stream. */
  readonly body?: StoredBody;
  /** The request body, where it was not complete when the request was recorded. */
  readonly request_body?: StoredBody;
  readonly sizes: {
    readonly request_wire: number;
    readonly request: number;
    readonly response_wire: number;
    readonly response: number;
  };
  readonly decode_error?: string;
  readonly trailers?: readonly HeaderPair[];
  readonly timings: Timings;
}

/** The response to a websocket handshake. */
export interface SocketOpenRecord extends RecordBase {
  readonly kind: "ws.open";
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly subprotocol?: string;
  readonly extensions?: string;
}

/** One message of a websocket, reassembled and decompressed. */
export interface SocketMessageRecord extends RecordBase {
  readonly kind: "ws.message";
  readonly index: number;
  readonly dir: "send" | "receive";
  /** 1 text, 2 binary, 9 ping, 10 pong (RFC 6455 §11.8). */
  readonly opcode: 1 | 2 | 9 | 10;
  /** Bytes after decompression, before redaction. */
  readonly size: number;
  /** Text, or base64 for opcodes other than 1. */
  readonly data?: string;
  readonly data_parts?: readonly Part[];
  readonly omitted?: Omission;
  readonly json_type?: string;
  readonly response_id?: string;
}

/** The end of a websocket. */
export interface SocketCloseRecord extends RecordBase {
  readonly kind: "ws.close";
  /** 1006: the connection ended without a close frame; 1005: the frame had no code. */
  readonly code: number;
  readonly reason: string;
  readonly by: "client" | "server";
  readonly decode_error?: string;
}

/** A failure below HTTP. */
export interface NetErrorRecord extends RecordBase {
  readonly kind: "net.error";
  readonly stage: "dns" | "tcp" | "tls" | "proxy" | "http" | "unknown";
  readonly error: string;
}

/** A record of an exchange. */
export type ExchangeRecord =
  | RequestRecord
  | ResponseRecord
  | ChunkRecord
  | SseRecord
  | EndRecord
  | SocketOpenRecord
  | SocketMessageRecord
  | SocketCloseRecord
  | NetErrorRecord;

/** A text that is stored once and referred to by number. Precedes every record that refers to it. */
export interface PieceRecord {
  readonly v: typeof FORMAT_VERSION;
  readonly seq: number;
  readonly kind: "piece";
  /** Consecutive number, from 0. */
  readonly piece: number;
  readonly sha256: string;
  /** The text, unless it is the file `bodies/<sha256>`. */
  readonly text?: string;
}

/** From here on the capture holds no bodies: its limit is reached. */
export interface LimitRecord {
  readonly v: typeof FORMAT_VERSION;
  readonly seq: number;
  readonly kind: "capture.limit";
  readonly t_ms: number;
  readonly max_size: number;
}

/** Any line of `capture.jsonl`. */
export type CaptureRecord = ExchangeRecord | PieceRecord | LimitRecord;

/** A record without what the writer adds. */
export type Draft<RECORD extends ExchangeRecord> = Omit<RECORD, "v" | "seq">;

/** A draft of any record of an exchange. */
export type AnyDraft = {
  readonly [RECORD in ExchangeRecord as RECORD["kind"]]: Draft<RECORD>;
}[ExchangeRecord["kind"]];

/** What is redacted before anything is written. */
export type RedactionProfile = "safe" | "share" | "none";

/** The content of `meta.json`. */
export interface CaptureMeta {
  readonly v: typeof FORMAT_VERSION;
  /** Unique name of the capture. */
  readonly capture_id: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly redaction: RedactionProfile;
  /** Start of the capture, ms since 1970. */
  readonly started_ms: number;
  /** Channels that were set up, and the upstream of each. */
  readonly channels?: Readonly<Record<string, string>>;
}
