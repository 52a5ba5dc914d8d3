/** Reads an HTTP answer unit by unit: its head, then each chunk of a chunked body, or each websocket frame after a 101. */
import type * as net from "node:net";

const CRLF = [13, 10];

/** Splits what a socket sends. Units are the bytes as they stood on the wire, framing included. */
export class UnitReader {
  #hasEnded = false;
  #wake = () => {};
  #buffer: Uint8Array = new Uint8Array(0);
  #state: "head" | "chunks" | "frames" | "rest" = "head";

  constructor(socket: net.Socket) {
    socket.on("data", (data: Uint8Array) => {
      this.#buffer = joined(this.#buffer, data);
      this.#wake();
    });
    socket.on("close", () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  /** The next unit; `undefined` at the end. Bytes that are no whole unit come as they are at the end. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const length = this.#unitLength();
      if (length !== undefined && length <= this.#buffer.length) {
        const unit = this.#buffer.subarray(0, length);
        this.#buffer = this.#buffer.subarray(length);
        if (this.#state === "head") this.#state = bodyState(unit);
        return unit;
      }
      if (this.#hasEnded) {
        const rest = this.#buffer;
        this.#buffer = new Uint8Array(0);
        return rest.length > 0 ? rest : undefined;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Length of the unit at the start of the buffer; `undefined` where too little has come to tell. */
  #unitLength(): number | undefined {
    const bytes = this.#buffer;
    switch (this.#state) {
      case "head": {
        const end = indexOf(bytes, [...CRLF, ...CRLF], 0);
        return end < 0 ? undefined : end + 4;
      }
      case "chunks": {
        const end = indexOf(bytes, CRLF, 0);
        if (end < 0) return undefined;
        return end + 2 + parseInt(new TextDecoder().decode(bytes.subarray(0, end)), 16) + 2;
      }
      case "frames": {
        // RFC 6455 §5.2; a server does not mask.
        if (bytes.length < 2) return undefined;
        const short = (bytes[1] ?? 0) & 0x7f;
        if (short < 126) return 2 + short;
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (short === 126) return bytes.length < 4 ? undefined : 4 + view.getUint16(2);
        return bytes.length < 10 ? undefined : 10 + Number(view.getBigUint64(2));
      }
      case "rest":
        return bytes.length === 0 ? undefined : bytes.length;
    }
  }
}

function bodyState(head: Uint8Array): "chunks" | "frames" | "rest" {
  const text = new TextDecoder().decode(head);
  if (/^HTTP\/1\.1 101/.test(text)) return "frames";
  return /^transfer-encoding: *chunked/im.test(text) ? "chunks" : "rest";
}

function indexOf(bytes: Uint8Array, wanted: readonly number[], from: number): number {
  for (let at = from; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const all = new Uint8Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  return all;
}
