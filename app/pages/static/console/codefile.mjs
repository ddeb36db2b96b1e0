// A file of codes, read as it comes: one a line, or a column of a table that spreadsheets save. Nothing of it is kept.

const HEADINGS = new Set(["code", "codes", "coupon", "coupons", "coupon code", "coupon_code", "couponcode", "voucher", "voucher code"]);
const DELIMITERS = [";", ",", "\t"];

/** `{codes, part}` again and again: so many codes at a time, and how much of the file that was, 0 to 1. */
export async function* codesOf(file, most) {
  let codes = [], read = 0, column = null, delimiter = null;
  for await (const line of linesOf(file)) {
    read += line.length + 1;
    if (!line.trim()) continue;
    if (column === null) {
      delimiter = DELIMITERS.find((it) => line.includes(it)) ?? null;
      const heading = cells(line, delimiter).findIndex((it) => HEADINGS.has(it.trim().toLowerCase()));
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

async function* linesOf(file) {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    yield* lines;
  }
  if (rest) yield rest.replace(/\r$/, "");
}

/** The cells of a line; in quotes a delimiter is none, and two quotes are one. */
function cells(line, delimiter) {
  if (!delimiter) return [line];
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
