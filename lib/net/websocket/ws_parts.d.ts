/**
 * Types of the parts of `ws` (8.23) that its type package lacks and that are used here.
 */
import type { EventEmitter } from "node:events";
import type { Writable } from "node:stream";

export interface Extensions {
  readonly [name: string]: PerMessageDeflate;
}

/** Bytes in, events out. */
export declare class Receiver extends Writable {
  constructor(options: {
    readonly extensions: Extensions;
    readonly isServer: boolean;
    readonly maxPayload: number;
    readonly maxFragments: number;
    readonly allowSynchronousEvents: boolean;
  });
}

/** Messages in, frames out. */
export declare class Sender {
  constructor(socket: Writable, extensions: Extensions);
  onerror: (error: Error) => void;
  send(
    data: string | Uint8Array,
    options: {
      readonly binary: boolean;
      readonly fin: boolean;
      readonly mask: boolean;
      readonly compress: boolean;
    },
    done: (error?: Error | null) => void,
  ): void;
  ping(data: string, mask: boolean, done: (error?: Error | null) => void): void;
  pong(data: Uint8Array, mask: boolean, done: (error?: Error | null) => void): void;
  close(code: number | undefined, reason: string, mask: boolean, done: (error?: Error | null) => void): void;
}

export type Params = Readonly<Record<string, string | number | boolean>>;

export declare class PerMessageDeflate extends EventEmitter {
  static readonly extensionName: string;
  constructor(options: { readonly isServer: boolean; readonly maxPayload: number });
  offer(): Params;
  accept(configurations: readonly unknown[]): Params;
  cleanup(): void;
  decompress(
    data: Uint8Array,
    isLast: boolean,
    done: (error: Error | null, result?: Uint8Array) => void,
  ): void;
}

export declare const extension: {
  format(extensions: Readonly<Record<string, Params>>): string;
  /** @throws SyntaxError */
  parse(header: string): Readonly<Record<string, readonly unknown[] | undefined>>;
};
