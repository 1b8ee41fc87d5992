import type { Finding } from "./findings.ts";

/** `{teamName}_{submissionNumber}.ipynb` */
const NAME = /^(.+)_(\d+)\.ipynb$/i;
/** How many notebooks a team may hand in. */
const MOST = 3;

/**
 * Checks the names of the notebooks of a folder, and how many each team has there.
 *
 * @returns Name → what was found.
 */
export function checkNames(names: string[]): Map<string, Finding[]> {
  const byTeam = Map.groupBy(names, (name) => name.match(NAME)?.[1]);
  return new Map(names.map((name) => {
    const team = name.match(NAME)?.[1];
    const findings: Finding[] = [];
    if (team === undefined) {
      findings.push({
        rule: "file-name",
        severity: "violation",
        message: `expected the name {teamName}_{submissionNumber}.ipynb but found ${name}`,
      });
    } else if (byTeam.get(team)!.length > MOST) {
      findings.push({
        rule: "too-many",
        severity: "violation",
        message: `expected at most ${MOST} notebooks of ${team} but found ${
          byTeam.get(team)!.length
        }`,
      });
    }
    return [name, findings];
  }));
}
