/** The one door for notebooks: `import { … } from "qvim"`. */
export type { Allocate } from "./audio/buffers.ts";
export { QvimError } from "./io/errors.ts";
export { AudioError, decodeWav, type MonoAudio, readWav, WavError } from "./audio/wav.ts";
export { readAudio } from "./audio/read_audio.ts";
export { LogMel, type LogMelOptions } from "./audio/mel.ts";
export type { CustomFrontEnd, FrontEndName, FrontEndOptions, Tensor } from "./audio/front_end.ts";
export { type Matrix, melFilterBank, type MelOptions, type MelScale } from "./audio/mel_bank.ts";
export {
  type DecibelOptions,
  melSpectrogram,
  mfcc,
  type PadMode,
  powerToDb,
  spectralCentroid,
  spectralFlatness,
  stft,
  type StftOptions,
} from "./audio/spectra.ts";
export { type Alignment, dtw, type DtwOptions } from "./audio/dtw.ts";
export { resample } from "./audio/resample.ts";
export { fourierResample } from "./audio/fourier_resample.ts";
export {
  DatasetError,
  listItems,
  listQueries,
  type SoundFile,
  toPaths,
} from "./challenge/dataset.ts";
export { type GroundTruthRow, readGroundTruth } from "./challenge/ground_truth.ts";
export { EmbeddingModel } from "./embedding/embedding_model.ts";
export { RepresentationModel, type Scorer } from "./embedding/representation_model.ts";
export { evaluate, type Evaluation, type QueryResult } from "./challenge/evaluation.ts";
export { type RetrievalMeasures, retrievalMeasures } from "./challenge/retrieval_measures.ts";
export { assertModel, QVIMModel, type Similarities, type SoundPaths } from "./challenge/model.ts";
export {
  classwiseLines,
  exactMatchLines,
  pythonRound,
  showFigures,
  showRanks,
} from "./inspect/figures.ts";
export {
  assertSimilarities,
  type QueryScores,
  readSimilarities,
  SimilaritiesError,
  writeSimilarities,
} from "./challenge/similarities.ts";
export { currentRun, NotebookRun } from "./inspect/current_run.ts";
export { type RunFiles, type RunPaths, StaleRunError } from "./inspect/run_state.ts";
export {
  type FoundSound,
  listen,
  type ListenOptions,
  showBest,
  showWorst,
} from "./inspect/listen.ts";
export { ListenError } from "./inspect/checks.ts";
export { playersPage, type ShownSound, soundTable } from "./inspect/players.ts";
export type { PageOptions } from "./inspect/page_parts.ts";
export type { SoundPart } from "./inspect/sounds.ts";
export { record, RecordError, type Recording, type RecordOptions } from "./inspect/record.ts";
export { embeddingMap, type MapOptions } from "./inspect/embedding_map.ts";
export type { Embeds } from "./inspect/place_sounds.ts";
export { showScores } from "./inspect/score_matrix.ts";
export { confusion, showConfusion } from "./inspect/confusion.ts";
export type { SoundInfo } from "./library/rows.ts";
export type { SearchOptions } from "./library/query.ts";
export { type SearchResult, SoundLibrary } from "./library/search.ts";
export { showSpectrogram, spectrogram, type SpectrogramOptions } from "./inspect/spectrogram.ts";
export { printUnderCells } from "./inspect/print_under_cells.ts";
export type { SoundFeatures } from "./models/vocal_search/features.ts";
export {
  type SoundView,
  VocalSearch,
  type VocalSearchOptions,
} from "./models/vocal_search/vocal_search.ts";
export { MobileNetBaseline } from "./models/mobilenet/mobilenet.ts";
export { OnnxDualEncoder, type OnnxDualEncoderOptions } from "./models/onnx_dual_encoder.ts";
export { OnnxError } from "./onnx/encoder.ts";
export { TwoDft } from "./models/two_dft.ts";
export { ConstantQ, type ConstantQOptions } from "./audio/cqt.ts";
export { RealFft } from "./audio/fft.ts";
export { cosine, normalize } from "./embedding/cosine.ts";
export { type PitchTrack, pitchTrack } from "./models/vocal_search/pitch.ts";
export { alignmentCost } from "./models/vocal_search/alignment.ts";
export {
  type BarChart,
  barChart,
  type HeatMap,
  heatMap,
  type LineChart,
  lineChart,
} from "./ui/chart.ts";
export { display, type MediaBundle } from "./ui/jupyter.ts";
export { type Progress, type ProgressOptions, startProgress } from "./ui/progress.ts";
export { formatTable, type Table, tableToHtml } from "./ui/table.ts";
