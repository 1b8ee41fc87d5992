import type { Evaluation } from "../challenge/evaluation.ts";
import { readSimilarities } from "../challenge/similarities.ts";
import { display } from "../ui/jupyter.ts";
import { assertEvaluation, assertScores, ListenError } from "./checks.ts";
import { currentRun } from "./current_run.ts";
import { drawMatrix } from "./matrix_picture.ts";
import { asImage } from "./picture.ts";

/** Larger matrices are thinned out: nobody sees single points. */
const MOST = 2000;
/** Standard deviations from a query's mean that the colours span. */
const SPAN = 3;

/**
 * Shows all scores as a picture: a row a query, a column an item, each sorted by class, each query's
 * scores as z-scores. A good model shows bright squares along the diagonal.
 *
 * @param evaluation The figures of a run, which name the classes.
 * @param scores The file of its scores; that of the notebook's run unless given.
 * @throws {ListenError} Where there are no scores.
 *
 * @example
 * ```ts ignore
 * await showScores(currentRun.evaluation());
 * ```
 */
export async function showScores(
  evaluation: Evaluation,
  scores: string | undefined = currentRun.sources(evaluation).scores,
): Promise<void> {
  assertScores(scores);
  const matrix = await readMatrix(evaluation, scores);
  await display({
    "text/plain": `Scores of ${matrix.queries.length} queries × ${matrix.items.length} items`,
    "text/html": asImage(drawScores(matrix)),
  });
}

/** Scores with what their rows and columns are. */
export interface ScoreMatrix {
  /** Class of each row. */
  queries: string[];
  /** Class of each column. */
  items: string[];
  /** Each query's scores as z-scores [shape=(queries, items)]. */
  values: Float32Array[];
}

/**
 * The scores of an evaluation's queries and items, sorted by class.
 *
 * @throws {ListenError} Where there are no queries, or a score is missing.
 */
export async function readMatrix(evaluation: Evaluation, scores: string): Promise<ScoreMatrix> {
  assertEvaluation(evaluation);
  const byClass = <T extends { class: string }>(a: T, b: T) =>
    a.class < b.class ? -1 : a.class > b.class ? 1 : 0;
  const thinned = <T>(all: T[]) => {
    const step = Math.max(1, all.length / MOST);
    return Array.from(
      { length: Math.floor(all.length / step) },
      (_, i) => all[Math.floor(i * step)],
    );
  };
  const classOf = new Map(evaluation.results.map(({ item, class: name }) => [item, name]));
  const items = thinned(
    Array.from(classOf, ([id, name]) => ({ id, class: name })).sort(byClass),
  );
  const queries = thinned(
    evaluation.results.map(({ query, class: name }) => ({ id: query, class: name })).sort(byClass),
  );
  const rows = new Map<string, Float32Array>();
  const wanted = new Set(queries.map(({ id }) => id));
  for await (const [query, row] of readSimilarities(scores)) {
    if (!wanted.has(query)) continue;
    rows.set(query, zScores(items.map(({ id }) => row[id] ?? NaN)));
  }
  const values = queries.map(({ id }) => {
    const row = rows.get(id);
    if (row === undefined || row.some(Number.isNaN)) {
      throw new ListenError(
        `Expected scores of ${id} for all items in ${scores} but found some missing`,
      );
    }
    return row;
  });
  const classes = (of: { class: string }[]) => of.map(({ class: name }) => name);
  return { queries: classes(queries), items: classes(items), values };
}

function zScores(values: number[]): Float32Array {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(
    values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length,
  );
  return Float32Array.from(values, (x) => deviation > 0 ? (x - mean) / deviation : 0);
}

/** The matrix as an SVG picture that needs nothing else, with the classes along its axes. */
export function drawScores({ queries, items, values }: ScoreMatrix): string {
  return drawMatrix({
    label:
      `Scores of ${queries.length} queries, row by row, for ${items.length} items, sorted by ` +
      "class; brighter is more alike",
    rows: queries,
    columns: items,
    axes: { rows: "queries, by class", columns: "items, by class" },
    levels: values.map((row) => row.map((z) => (z + SPAN) / (2 * SPAN))),
    scale: { name: "score, as z-score of its query", dark: `−${SPAN}`, bright: `${SPAN}` },
  });
}
