// Addresses with a query.

/** A path with a query; what is null, undefined or empty is left out. */
export function addressed(path, query = {}) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}
