/**
 * Vectors of one length as a NumPy file, version 1.0: float32, little-endian, [vectors, length].
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function encodeNpy(vectors: Float32Array[]): Uint8Array {
  const length = vectors[0]?.length ?? 0;
  const description =
    `{'descr': '<f4', 'fortran_order': False, 'shape': (${vectors.length}, ${length}), }`;
  // The numbers begin at a multiple of 64 bytes; ten bytes stand before the description.
  const headerLength = 64 * Math.ceil((10 + description.length + 1) / 64) - 10;
  const header = description.padEnd(headerLength - 1) + "\n";
  const bytes = new Uint8Array(10 + headerLength + 4 * vectors.length * length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, headerLength, true);
  bytes.set(new TextEncoder().encode(header), 10);
  vectors.forEach((vector, i) =>
    vector.forEach((value, j) =>
      view.setFloat32(10 + headerLength + 4 * (i * length + j), value, true)
    )
  );
  return bytes;
}
