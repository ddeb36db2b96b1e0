// How much room there is.
import { useEffect, useState } from "kit/html.mjs";

const NARROW = matchMedia("(max-width: 40rem)");
const WIDE = matchMedia("(min-width: 64rem)");

function useMatch(query) {
  const [is, setIs] = useState(query.matches);
  useEffect(() => {
    const look = () => setIs(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return is;
}

export const useNarrow = () => useMatch(NARROW);
export const useWide = () => useMatch(WIDE);
