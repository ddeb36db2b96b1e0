// How much room there is.
import { useEffect, useState } from "kit/html.mjs";

/** Whether the window is at least so wide. */
export function useRoom(width) {
  const [wide, setWide] = useState(() => matchMedia(`(min-width: ${width})`).matches);
  useEffect(() => {
    const query = matchMedia(`(min-width: ${width})`), look = () => setWide(query.matches);
    look();
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, [width]);
  return wide;
}

export const wantsLessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
