/** What functions of texts give, as far as it can be told: names are hidden by them. */
import { isKnown, MAX_TEXT } from "./values.ts";

/** Functions of the runtime that make texts of something else. */
export const DECODES =
  /^(atob|btoa|unescape|decodeURI|decodeURIComponent|String\.(fromCharCode|fromCodePoint|raw)|Buffer\.from|node:buffer\.Buffer\.from)$/;

/** Methods that put texts together, or take them apart. */
export const REWRITES =
  /^(join|reverse|toReversed|split|slice|substring|substr|replace|replaceAll|toLowerCase|toUpperCase|trim|repeat|padStart|padEnd|concat|charAt|at|toString|decode)$/;

/** What a function of the runtime gives for these arguments; undefined where it can't be told. */
export function decodeText(name: string, args: string[]): string | undefined {
  try {
    switch (name) {
      case "atob":
        return atob(args[0]);
      case "btoa":
        return btoa(args[0]);
      case "decodeURI":
        return decodeURI(args[0]);
      case "decodeURIComponent":
      case "unescape":
        return decodeURIComponent(args[0]);
      case "String.fromCharCode":
        return String.fromCharCode(...args.map(Number));
      case "String.fromCodePoint":
        return String.fromCodePoint(...args.map(Number));
      default:
        return undefined;
    }
  } catch {
    // It throws there as well.
    return undefined;
  }
}

/** What a method of a text gives for these arguments; undefined where it can't be told. */
export function rewriteText(text: string, method: string, args: string[]): string | undefined {
  // What of a path is left after cutting and replacing is no longer known to be one.
  if (!isKnown(text) || /⟨/.test(text)) return undefined;
  const [a, b] = args.map(Number);
  switch (method) {
    case "slice":
      return text.slice(a, args[1] === undefined ? undefined : b);
    case "substring":
      return text.substring(a, args[1] === undefined ? undefined : b);
    case "replace":
      return args.length < 2 ? undefined : text.replace(args[0], args[1]);
    case "replaceAll":
      return args.length < 2 || text.length > MAX_TEXT
        ? undefined
        : text.replaceAll(args[0], args[1]);
    case "toLowerCase":
      return text.toLowerCase();
    case "toUpperCase":
      return text.toUpperCase();
    case "trim":
      return text.trim();
    case "toString":
      return text;
    case "repeat":
      return a * text.length <= MAX_TEXT ? text.repeat(a) : undefined;
    case "charAt":
    case "at":
      return text.at(a) ?? "";
    case "concat":
      return text.concat(...args);
    default:
      return undefined;
  }
}
