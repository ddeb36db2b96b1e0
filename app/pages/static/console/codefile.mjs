// A file of codes, read as it comes: one a line, or a column of a table that spreadsheets save. Nothing of it is kept.
import { t } from "kit/texts.mjs";

const HEADINGS = new Set([
  "code", "codes", "coupon", "coupons", "coupon code", "coupon codes", "coupon_code", "couponcode", "voucher", "vouchers", "voucher code",
  "kod", "kody", "kupon", "kupony", "kod kuponu", "kody kuponów", "bon", "bony", "kod bonu",
]);
const DELIMITERS = [";", ",", "\t"];

/**
 * `{codes, part}` again and again: so many codes at a time, and how much of the file that was, 0 to 1. UTF-8, or UTF-16 with its mark,
 * as spreadsheets save it. Throws for what is no text, and for a table in which no column is called after codes: a customer would get
 * what stands in another.
 */
export async function* codesOf(file, most) {
  let codes = [], read = 0, column = null, delimiter = null;
  for await (const line of linesOf(file)) {
    read += line.length + 1;
    if (!line.trim()) continue;
    if (column === null) {
      delimiter = DELIMITERS.find((it) => line.includes(it)) ?? null;
      const heading = cells(line, delimiter).findIndex((it) => HEADINGS.has(it.trim().toLowerCase()));
      if (heading < 0 && delimiter) throw new Error(t("codes.which-column"));
      column = Math.max(0, heading);
      if (heading >= 0) continue;
    }
    const code = (cells(line, delimiter)[column] ?? "").trim();
    if (code) codes.push(code);
    if (codes.length === most) {
      yield { codes, part: Math.min(1, read / Math.max(1, file.size)) };
      codes = [];
    }
  }
  if (codes.length) yield { codes, part: 1 };
}

/** The file that somebody chose in an input; the same one may be chosen again. */
export function taken(chooser, use) {
  const [file] = chooser.files;
  chooser.value = "";
  if (file) use(file);
}

async function encodingOf(file) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

async function* linesOf(file) {
  const decoder = new TextDecoderStream(await encodingOf(file), { fatal: true });
  const reader = file.stream().pipeThrough(decoder).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(t("codes.no-text"));
    });
    if (done) break;
    if (value.includes("\0")) throw new Error(t("codes.no-text"));
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    yield* lines;
  }
  if (rest) yield rest.replace(/\r$/, "");
}

/** The cells of a line; in quotes a delimiter is none, and two quotes are one. */
function cells(line, delimiter) {
  const found = [];
  let cell = "", isQuoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const letter = line[i];
    if (letter === '"' && isQuoted && line[i + 1] === '"') {
      cell += '"';
      i += 1;
    } else if (letter === '"') isQuoted = !isQuoted;
    else if (letter === delimiter && !isQuoted) {
      found.push(cell);
      cell = "";
    } else cell += letter;
  }
  return [...found, cell];
}
