/** System calls that no notebook needs: those that take what a run is not held to, or open the kernel wide. */

/** Machine → its name in `linux/audit.h`, and the calls that are refused (`asm/unistd.h`). */
const MACHINES: Record<string, { audit: number; socket: number; calls: number[] }> = {
  x86_64: {
    audit: 0xc000003e,
    socket: 41,
    calls: [
      // Memory that belongs to no process and no file: memfd_create, System V's, queues of messages.
      ...[319, 29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240],
      // Keys: add_key, request_key, keyctl.
      ...[248, 249, 250],
      // Other processes: ptrace, process_vm_readv and _writev.
      ...[101, 310, 311],
      // Namespaces and mounts: unshare, setns, mount, umount2, pivot_root.
      ...[272, 308, 165, 166, 155],
      // What was attacked most: bpf, userfaultfd, perf_event_open, fanotify_init, handles of files.
      ...[321, 323, 298, 300, 303, 304],
      // Processors of others' runs: sched_setaffinity.
      203,
      // The machine: modules, kexec, swap, quotas, accounts, the log, reboot.
      ...[175, 176, 313, 246, 320, 167, 168, 179, 163, 103, 169],
    ],
  },
  aarch64: {
    audit: 0xc00000b7,
    socket: 198,
    calls: [
      ...[279, 194, 195, 196, 190, 191, 192, 193, 186, 187, 188, 189, 180],
      ...[217, 218, 219],
      ...[117, 270, 271],
      ...[97, 268, 40, 39, 41],
      ...[280, 282, 241, 262, 264, 265],
      122,
      ...[105, 106, 273, 104, 294, 224, 225, 60, 89, 116, 142],
    ],
  },
};
/**
 * Calls whose numbers all machines share: io_uring, the new mounts, pidfd_getfd, memfd_secret.
 */
const EVERYWHERE = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 447];

/**
 * Families of sockets that there are (`linux/socket.h`): of the file system, IPv4, IPv6, netlink. Others
 * know no namespaces, as that which leads from a virtual machine to its host, or are the kernel's inside.
 */
const FAMILIES = [1, 2, 10, 16];

/** From `linux/seccomp.h`, `linux/bpf_common.h`. */
const [LOAD, EQUAL, AT_LEAST, RETURN] = [0x20, 0x15, 0x35, 0x06];
const ALLOW = 0x7fff0000;
/** As a kernel answers that does not know the call: programs go on without it. */
const REFUSE = 0x00050000 | 38;
/** Calls of another kind of program (x32) on a machine of this one. */
const X32 = 0x40000000;

/**
 * A program for `seccomp` (the classic Berkeley packet filter: instructions of 8 bytes) that answers
 * such calls as if the kernel had none.
 *
 * @param machine As Deno names it.
 * @returns `undefined` for a machine whose numbers are not known here.
 */
export function callFilter(machine: string = Deno.build.arch): Uint8Array | undefined {
  const known = MACHINES[machine];
  if (known === undefined) return undefined;
  const calls = [...known.calls, ...EVERYWHERE];
  const program: [code: number, ifTrue: number, ifFalse: number, value: number][] = [];
  // Behind the tests stand "refuse" and "allow".
  const socketAt = calls.length + 4;
  const refuseAt = socketAt + FAMILIES.length + 2;
  const refuseFrom = (at: number) => refuseAt - at - 1;
  const allowFrom = (at: number) => refuseAt - at;
  program.push([LOAD, 0, 0, 4]);
  program.push([EQUAL, 0, refuseFrom(1), known.audit]);
  program.push([LOAD, 0, 0, 0]);
  program.push([AT_LEAST, refuseFrom(3), 0, X32]);
  for (const [k, call] of calls.entries()) program.push([EQUAL, refuseFrom(4 + k), 0, call]);
  program.push([EQUAL, 0, allowFrom(socketAt), known.socket]);
  // The lower half of its first argument.
  program.push([LOAD, 0, 0, 16]);
  for (const [k, family] of FAMILIES.entries()) {
    program.push([EQUAL, allowFrom(socketAt + 2 + k), 0, family]);
  }
  program.push([RETURN, 0, 0, REFUSE], [RETURN, 0, 0, ALLOW]);
  const bytes = new DataView(new ArrayBuffer(8 * program.length));
  for (const [k, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.setUint16(8 * k, code, true);
    bytes.setUint8(8 * k + 2, ifTrue);
    bytes.setUint8(8 * k + 3, ifFalse);
    bytes.setUint32(8 * k + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
