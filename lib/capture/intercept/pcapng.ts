/**
 * Writes the tunnels of a capture as a pcapng file, so that Wireshark and tshark can decrypt and show them. Packets are
 * synthetic: addresses stand for the program (10.0.0.1) and for the hosts (10.1.0.0/16), whose names are in the file.
 * The format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
 *
 * @module
 */
import type { Direction } from "../../net/exchange_tap.ts";
import type { TunnelTap, TunnelTapFactory } from "../../net/server/proxy/proxy_events.ts";
import { joinBytes } from "../../text/join_bytes.ts";
import { PacketFile, type PacketLimits } from "./packet_file.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const NAME_RESOLUTION = 4;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;
/** Link type of packets that begin with an IP header. */
const LINKTYPE_RAW = 101;
/** "TLSK": the secrets are a TLS key log. */
const TLS_KEY_LOG = 0x544c534b;

const CLIENT_ADDRESS = [10, 0, 0, 1] as const;
const SYN = 0x02;
const PUSH_ACK = 0x18;
const ACK = 0x10;
const SYN_ACK = 0x12;
const FIN_ACK = 0x11;
/** Bytes of one segment: an IPv4 packet has at most 65,535 with its headers of 40. */
const SEGMENT = 32_768;

/** A file of tunnels. */
export interface TunnelFile {
  readonly tap: TunnelTapFactory;
  /**
   * Ends the file.
   *
   * @param keys the TLS key log of the program, which is put in front of the packets
   * @returns whether the keys are in the file; they need as much space again as the packets while they are put there
   * @throws an error of the file system
   */
  readonly close: (keys: Uint8Array) => Promise<boolean>;
}

/** Options of {@link createTunnelFile}. */
export interface TunnelFileOptions extends PacketLimits {
  /** The wall clock, ms since 1970. */
  readonly now: () => number;
}

/**
 * Creates the file, with mode 0600: with the keys it holds everything that was said, credentials included.
 *
 * @param path must not exist
 * @throws an error of the file system
 */
export async function createTunnelFile(
  path: string,
  { now, ...limits }: TunnelFileOptions,
): Promise<TunnelFile> {
  // The secrets must stand before the packets, and are known at the end only.
  const packets = await PacketFile.create(`${path}.packets`, HEAD, limits);
  const names = new Map<string, readonly number[]>();
  let ports = 49_152;
  return {
    tap: ({ host, port }) => {
      const server = names.get(host) ?? [10, 1, (names.size >> 8) & 255, names.size & 255];
      names.set(host, server);
      ports = ports >= 65_535 ? 49_152 : ports + 1;
      return tunnelTap(
        { client: [CLIENT_ADDRESS, ports], server: [server, port] },
        (packet) => packets.write(packetBlock(packet, now())),
      );
    },
    close: async (keys) => {
      await packets.close();
      const head = [namesBlock(names), ...keys.length === 0 ? [] : [secretsBlock(keys)]];
      try {
        await packets.copyTo(path, head);
      } catch {
        // The disk may be full: the packets alone are a file that Wireshark reads.
        await Deno.rename(packets.path, path);
        return false;
      }
      await Deno.remove(packets.path);
      return true;
    },
  };
}

type Endpoint = readonly [address: readonly number[], port: number];

interface Side {
  readonly from: Endpoint;
  readonly to: Endpoint;
  sequence: number;
}

function tunnelTap(
  { client, server }: { readonly client: Endpoint; readonly server: Endpoint },
  send: (packet: Uint8Array) => void,
): TunnelTap {
  const sides: Readonly<Record<Direction, Side>> = {
    request: { from: client, to: server, sequence: 1 },
    response: { from: server, to: client, sequence: 1 },
  };
  const other = (direction: Direction) => sides[direction === "request" ? "response" : "request"];
  const emit = (direction: Direction, flags: number, data: Uint8Array = new Uint8Array(0)) => {
    const side = sides[direction];
    send(tcpPacket(side, flags, other(direction).sequence, data));
    side.sequence = (side.sequence + data.length + (flags & 0x03 ? 1 : 0)) >>> 0;
  };
  sides.request.sequence = 0;
  sides.response.sequence = 0;
  emit("request", SYN);
  emit("response", SYN_ACK);
  emit("request", ACK);
  return {
    bytes: (direction, data) => {
      for (let at = 0; at < data.length; at += SEGMENT) {
        emit(direction, PUSH_ACK, data.subarray(at, at + SEGMENT));
      }
    },
    end: (direction) => emit(direction, FIN_ACK),
  };
}

/** Builds an IPv4 packet (RFC 791) with one TCP segment (RFC 9293). */
function tcpPacket(
  { from, to, sequence }: Side,
  flags: number,
  acknowledged: number,
  data: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(40 + data.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, packet.length);
  // Do not fragment.
  view.setUint16(6, 0x4000);
  // Time to live 64, protocol TCP.
  view.setUint16(8, 0x4006);
  packet.set(from[0], 12);
  packet.set(to[0], 16);
  view.setUint16(10, checksum(packet.subarray(0, 20)));
  view.setUint16(20, from[1]);
  view.setUint16(22, to[1]);
  view.setUint32(24, sequence);
  view.setUint32(28, flags === SYN ? 0 : acknowledged);
  view.setUint16(32, 0x5000 | flags);
  view.setUint16(34, 0xffff);
  packet.set(data, 40);
  // The checksum covers a pseudo-header of addresses, protocol and length.
  const pseudo = new Uint8Array(12 + 20 + data.length);
  pseudo.set(packet.subarray(12, 20));
  new DataView(pseudo.buffer).setUint32(8, 0x0006_0000 | (20 + data.length));
  pseudo.set(packet.subarray(20), 12);
  view.setUint16(36, checksum(pseudo));
  return packet;
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The blocks that every file begins with. */
const HEAD = headBlocks();

function headBlocks(): Uint8Array<ArrayBuffer> {
  const section = new Uint8Array(16);
  const view = new DataView(section.buffer);
  view.setUint32(0, 0x1a2b3c4d, true);
  // Version 1.0, section length unknown.
  view.setUint16(4, 1, true);
  section.fill(0xff, 8);
  const description = new Uint8Array(8);
  new DataView(description.buffer).setUint16(0, LINKTYPE_RAW, true);
  return joinBytes([block(SECTION_HEADER, section), block(INTERFACE_DESCRIPTION, description)]);
}

function namesBlock(names: ReadonlyMap<string, readonly number[]>): Uint8Array<ArrayBuffer> {
  return block(NAME_RESOLUTION, nameRecords(new Map([["program", CLIENT_ADDRESS], ...names])));
}

function nameRecords(names: ReadonlyMap<string, readonly number[]>): Uint8Array {
  const records = [...names].flatMap(([name, address]) => {
    const value = new Uint8Array([...address, ...new TextEncoder().encode(name), 0]);
    const record = new Uint8Array(4 + padded(value.length));
    // Record type 1: IPv4.
    new DataView(record.buffer).setUint16(0, 1, true);
    new DataView(record.buffer).setUint16(2, value.length, true);
    record.set(value, 4);
    return [...record];
  });
  // A record of type 0 ends the list.
  return new Uint8Array([...records, 0, 0, 0, 0]);
}

function secretsBlock(keys: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(8 + keys.length);
  new DataView(body.buffer).setUint32(0, TLS_KEY_LOG, true);
  new DataView(body.buffer).setUint32(4, keys.length, true);
  body.set(keys, 8);
  return block(DECRYPTION_SECRETS, body);
}

function packetBlock(packet: Uint8Array, nowMs: number): Uint8Array {
  const body = new Uint8Array(20 + packet.length);
  const view = new DataView(body.buffer);
  const micros = BigInt(Math.round(nowMs * 1_000));
  view.setUint32(4, Number(micros >> 32n), true);
  view.setUint32(8, Number(micros & 0xffffffffn), true);
  view.setUint32(12, packet.length, true);
  view.setUint32(16, packet.length, true);
  body.set(packet, 20);
  return block(ENHANCED_PACKET, body);
}

function block(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = 12 + padded(body.length);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  view.setUint32(length - 4, length, true);
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
