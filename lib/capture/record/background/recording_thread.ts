/**
 * The recording thread. This module starts it and is also the module that it runs: the compiled program has no other
 * file that could be named.
 *
 * @module
 */
import type { RecordingReply, RecordingRequest } from "./messages.ts";
import { RecordingService } from "./recording_service.ts";

/** The name of the thread, by which this module knows where it runs. */
const NAME = "culvert recording";

/** A thread that runs. */
export interface RecordingThread {
  /** @param transfer buffers that move to the thread */
  readonly send: (request: RecordingRequest, transfer?: ArrayBuffer) => void;
  /** Ends the thread at once. */
  readonly terminate: () => void;
}

/**
 * Starts a thread.
 *
 * @param onReply receives what the thread sends
 * @param onFailure called when the thread has ended by a fault
 */
export function startRecordingThread(
  onReply: (reply: RecordingReply) => void,
  onFailure: (error: Error) => void,
): RecordingThread {
  const worker = new Worker(import.meta.url, { type: "module", name: NAME });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<RecordingReply>) => onReply(data);
  worker.onerror = (event) => {
    // Without this the fault would end the process.
    event.preventDefault();
    onFailure(new Error(event.message));
  };
  worker.postMessage(undefined, [port2]);
  return {
    send: (request, transfer) => port1.postMessage(request, transfer === undefined ? [] : [transfer]),
    terminate: () => {
      port1.close();
      worker.terminate();
    },
  };
}

/** Serves the thread that started this one. */
function serve(port: MessagePort): void {
  const service = new RecordingService((reply) => port.postMessage(reply));
  port.onmessage = ({ data }: MessageEvent<RecordingRequest>) => void service.handle(data);
}

if (globalThis.name === NAME) {
  globalThis.addEventListener("message", (event) => {
    const port = event instanceof MessageEvent ? event.ports[0] : undefined;
    if (port !== undefined) serve(port);
  });
}
