import { type BlockDecoder, ima, ms, QUICKTIME_BYTES, quickTimeIma } from "./adpcm.ts";
import { GSM_BLOCKS, GsmDecoder, type GsmPacking } from "./gsm.ts";

/** A coding that holds samples in blocks. */
export type BlockCoding = "ima-adpcm" | "ms-adpcm" | "quicktime-ima" | GsmPacking;

/** How the blocks of a file become samples. */
export interface BlockReader {
  /** How many frames a block of that many bytes holds. */
  frames: BlockDecoder["frames"];
  /** Bytes of a block, where the coding says it and not the file. */
  bytes?(channels: number): number;
  /** Begins a file: what is given decodes its blocks. */
  start(): BlockDecoder["decode"];
  /** Whether each block goes on from the one before it, so that there is no way but from the first. */
  isChained: boolean;
  /** Channels that it can have at most. */
  maxChannels: number;
}

const apart = ({ frames, decode }: BlockDecoder): BlockReader => ({
  frames,
  start: () => decode,
  isChained: false,
  maxChannels: Infinity,
});

function chained(packing: GsmPacking): BlockReader {
  const block = GSM_BLOCKS[packing];
  return {
    frames: (bytes) => bytes < block.bytes ? 0 : block.frames,
    bytes: () => block.bytes,
    start() {
      const decoder = new GsmDecoder(packing);
      return (bytes, _channels, out) => {
        if (bytes.length === block.bytes) decoder.decode(bytes, out);
      };
    },
    isChained: true,
    maxChannels: 1,
  };
}

/** The codings of blocks. */
export const BLOCK_CODINGS: Record<BlockCoding, BlockReader> = {
  "ima-adpcm": apart(ima),
  "ms-adpcm": apart(ms),
  "quicktime-ima": { ...apart(quickTimeIma), bytes: (channels) => QUICKTIME_BYTES * channels },
  "gsm": chained("gsm"),
  "gsm-wav": chained("gsm-wav"),
};
