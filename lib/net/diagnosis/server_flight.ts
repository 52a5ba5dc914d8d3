/**
 * Reads the unencrypted messages of a server in a TLS 1.2 handshake: version, certificates, and whether it
 * requests a client certificate (RFC 5246 §7.4). The alert that ends a refused handshake may not contain
 * these facts.
 *
 * @module
 */
import { joinBytes } from "../../text/join_bytes.ts";

/** Record types (RFC 5246 §6.2.1). */
const ALERT_RECORD = 21;
const HANDSHAKE_RECORD = 22;
/** Handshake message types (RFC 5246 §7.4). */
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const CERTIFICATE_REQUEST = 13;
const SERVER_HELLO_DONE = 14;

const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
/**
 * Longest handshake that is read, bytes: enough for a long chain of certificates and the messages after it.
 */
const LIMIT_BYTES = 256 * 1024;

/** The handshake messages of a server, up to its first record of another type. */
export class ServerFlight {
  /** The version that the server chose, such as `TLS 1.2`; absent before its ServerHello. */
  version: string | undefined;
  /** Whether the server requests a client certificate. */
  requestsCertificate = false;
  /** The chain in DER, the server's own first. */
  certificates: readonly Uint8Array[] = [];
  /** Whether no further message is expected. */
  isOver = false;
  #records: Uint8Array = new Uint8Array(0);
  #messages: Uint8Array = new Uint8Array(0);
  #received = 0;

  /** Adds bytes as the server sent them, in chunks of any size. */
  push(bytes: Uint8Array): void {
    if (this.isOver) return;
    this.#received += bytes.length;
    this.#records = joinBytes([this.#records, bytes]);
    while (!this.isOver && this.#records.length >= RECORD_HEADER_BYTES) {
      const [type = 0] = this.#records;
      const end = RECORD_HEADER_BYTES + numberAt(this.#records, 3, 2);
      if (type !== HANDSHAKE_RECORD && type !== ALERT_RECORD) this.isOver = true;
      if (this.isOver || this.#records.length < end) break;
      // A warning such as unrecognized_name may come before the hello.
      if (type === ALERT_RECORD && this.#records[RECORD_HEADER_BYTES] !== 1) this.isOver = true;
      if (type === HANDSHAKE_RECORD) {
        this.#messages = joinBytes([this.#messages, this.#records.subarray(RECORD_HEADER_BYTES, end)]);
        this.#readMessages();
      }
      this.#records = this.#records.slice(end);
    }
    if (this.#received > LIMIT_BYTES) this.isOver = true;
    if (this.isOver) this.#records = this.#messages = new Uint8Array(0);
  }

  #readMessages(): void {
    while (!this.isOver && this.#messages.length >= MESSAGE_HEADER_BYTES) {
      const [type = 0] = this.#messages;
      const end = MESSAGE_HEADER_BYTES + numberAt(this.#messages, 1, 3);
      if (this.#messages.length < end) return;
      const content = this.#messages.slice(MESSAGE_HEADER_BYTES, end);
      this.#messages = this.#messages.slice(end);
      if (type === SERVER_HELLO) this.version = `TLS 1.${(content[1] ?? 0) - 1}`;
      if (type === CERTIFICATE) this.certificates = certificatesIn(content);
      if (type === CERTIFICATE_REQUEST) this.requestsCertificate = true;
      if (type === SERVER_HELLO_DONE) this.isOver = true;
    }
  }
}

/**
 * Reads a list of certificates: each is preceded by its length, and the list by the total length (RFC 5246
 * §7.4.2).
 */
function certificatesIn(content: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 3; at + 3 <= content.length;) {
    const end = at + 3 + numberAt(content, at, 3);
    if (end > content.length) break;
    found.push(content.slice(at + 3, end));
    at = end;
  }
  return found;
}

function numberAt(bytes: Uint8Array, at: number, length: number): number {
  return bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
}
