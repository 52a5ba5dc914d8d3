/**
 * The simulated calls: an SDP offer is exchanged for an answer. No media is ever sent.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { frameOf } from "./realtime_frames.ts";

/** A call that was created. */
export interface SimulatedCall {
  /** `rtc_` and more. */
  readonly id: string;
  /** The form of the request. */
  readonly form: "sdp" | "json" | "multipart";
  /** Query of the request with its `?`, or empty. */
  readonly search: string;
  /** The offer. */
  readonly sdp: string;
  /** The session, if one was sent. */
  readonly session: Json | undefined;
}

/** Reads the offer; `undefined` for a request without one. */
export async function readOffer(request: Request): Promise<Omit<SimulatedCall, "id" | "search"> | undefined> {
  const type = request.headers.get("content-type") ?? "";
  if (type.startsWith("application/sdp")) return offer("sdp", await request.text(), undefined);
  if (type.startsWith("application/json")) {
    const { sdp, session } = frameOf(await request.text()) ?? {};
    const object = typeof session === "object" && session !== null ? { ...session } : undefined;
    return typeof sdp === "string" ? offer("json", sdp, object) : undefined;
  }
  if (!type.startsWith("multipart/form-data")) return undefined;
  const form = await request.formData();
  const [sdp, session] = await Promise.all([form.get("sdp"), form.get("session")].map(textOf));
  return sdp === undefined ? undefined : offer("multipart", sdp, frameOf(session ?? ""));
}

/** Returns the text of a part of a form, which may be a text or a file. */
async function textOf(part: FormDataEntryValue | null): Promise<string | undefined> {
  return part === null ? undefined : typeof part === "string" ? part : await part.text();
}

function offer(
  form: SimulatedCall["form"],
  sdp: string,
  session: Json | undefined,
): Omit<SimulatedCall, "id" | "search"> | undefined {
  return sdp.startsWith("v=0") ? { form, sdp, session } : undefined;
}

/** An SDP answer (RFC 8866) that accepts audio but has no media address. */
export const SDP_ANSWER = [
  "v=0",
  "o=- 0 0 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "c=IN IP4 127.0.0.1",
  "a=rtpmap:111 opus/48000/2",
  "a=setup:active",
  "",
].join("\r\n");
