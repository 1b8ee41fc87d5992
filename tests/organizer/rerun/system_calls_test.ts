import assert from "node:assert/strict";
import { callFilter } from "../../../lib/organizer/rerun/system_calls.ts";

const X86_64 = 0xc000003e, AARCH64 = 0xc00000b7;

/** What a filter answers: `allow`, or the number of an error. The instructions are those of `linux/filter.h`. */
function answer(filter: Uint8Array, audit: number, call: number, argument = 0): "allow" | number {
  const view = new DataView(filter.buffer);
  const data = new Map([[0, call], [4, audit], [16, argument]]);
  let accumulator = 0;
  for (let at = 0;; at++) {
    const code = view.getUint16(8 * at, true), value = view.getUint32(8 * at + 4, true);
    const [ifTrue, ifFalse] = [view.getUint8(8 * at + 2), view.getUint8(8 * at + 3)];
    if (code === 0x20) accumulator = data.get(value)!;
    else if (code === 0x15) at += accumulator === value ? ifTrue : ifFalse;
    else if (code === 0x35) at += accumulator >= value ? ifTrue : ifFalse;
    else if (code === 0x06) return value === 0x7fff0000 ? "allow" : value & 0xffff;
    else assert.fail(`Expected an instruction that is known but found ${code}`);
  }
}

const ENOSYS = 38;

Deno.test("callFilter() refuses what no notebook needs, on each machine by its own numbers", () => {
  for (
    const [machine, audit, allowed, refused] of [
      // read, mmap, execve, clone, openat; memfd_create, shmget, unshare, mount, bpf, io_uring_setup,
      // sched_setaffinity.
      ["x86_64", X86_64, [0, 9, 59, 56, 257], [319, 29, 272, 165, 321, 425, 203]],
      ["aarch64", AARCH64, [63, 222, 221, 220, 56], [279, 194, 97, 40, 280, 425, 122]],
    ] as const
  ) {
    const filter = callFilter(machine)!;
    for (const call of allowed) assert.equal(answer(filter, audit, call), "allow", `${call}`);
    for (const call of refused) assert.equal(answer(filter, audit, call), ENOSYS, `${call}`);
    // The numbers of another machine would mean other calls.
    const other = audit === X86_64 ? AARCH64 : X86_64;
    assert.equal(answer(filter, other, allowed[0]), ENOSYS);
  }
  assert.equal(answer(callFilter("x86_64")!, X86_64, 0x40000000), ENOSYS);
  assert.equal(callFilter("riscv64"), undefined);
});

Deno.test("callFilter() allows sockets of the file system, IPv4, IPv6 and netlink, and no others", () => {
  for (
    const [machine, audit, socket] of [["x86_64", X86_64, 41], ["aarch64", AARCH64, 198]] as const
  ) {
    const filter = callFilter(machine)!;
    const families = Array.from({ length: 46 }, (_, family) => family);
    const allowed = families.filter((family) => answer(filter, audit, socket, family) === "allow");
    assert.deepEqual(allowed, [1, 2, 10, 16]);
  }
});
