/**
 * Two joined connections.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Receives the bytes that pass, and the end of each direction. */
export interface SpliceWatch {
  readonly bytes: (from: Duplex, data: Uint8Array) => void;
  /** @param isClean whether the sending side ended in good order */
  readonly end: (from: Duplex, isClean: boolean) => void;
}

/** After one side has ended, the other may stay silent for this long before both are closed, ms. */
const HALF_CLOSED_IDLE_MS = 60_000;

/**
 * Joins two connections until both are closed. Bytes pass in both directions with back-pressure. Where one side
 * breaks off, the other is reset, so that its peer does not take the end for a regular one.
 *
 * @param breakOff what is done to a side whose other one broke off; default: {@link reset}
 */
export function splice(
  one: Duplex,
  other: Duplex,
  watch?: SpliceWatch,
  breakOff: (to: Duplex) => void = reset,
): void {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    let isOver = false;
    const end = (isClean: boolean) => {
      if (isOver) return;
      isOver = true;
      watch?.end(from, isClean);
      if (!isClean) breakOff(to);
    };
    from.on("error", () => end(false));
    from.once("end", () => {
      end(true);
      if ("setTimeout" in to && typeof to.setTimeout === "function") {
        to.setTimeout(HALF_CLOSED_IDLE_MS, () => to.destroy());
      }
    });
    const close = () => {
      end(from.readableEnded);
      // What the other side still says has no receiver any more.
      endSoon(to);
    };
    from.once("close", close);
    if (watch !== undefined) from.on("data", (chunk: Uint8Array) => watch.bytes(from, chunk));
    from.pipe(to);
    // A side that was closed before it was joined emits no further event.
    if (from.destroyed) close();
  }
}

/** Ends a stream behind what was written to it already, and closes it then. */
export function endSoon(stream: Duplex): void {
  if (stream.destroyed) return;
  if (stream.writableFinished) return void stream.destroy();
  stream.once("finish", () => stream.destroy());
  stream.end();
}

/** Sends RST where the stream is a TCP socket, and destroys it otherwise. */
export function reset(socket: Duplex | null): void {
  if (socket === null) return;
  if ("resetAndDestroy" in socket && typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}

/**
 * Does nothing. Without a listener for `error`, a peer that breaks off ends the process; the event `close` tells
 * everything that matters.
 */
export function ignoreBrokenPeer(): void {}

/** Connects to a port of this machine. @throws the error of the socket */
export async function openLoopback(port: number): Promise<Socket> {
  const { connect } = await import("node:net");
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  return await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", ignoreBrokenPeer);
      resolve(socket);
    });
  });
}
