// What every module of the pages writes its markup with.
import { h, render } from "preact";
import htm from "htm";

export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useId } from "preact/hooks";
export { render };
export const html = htm.bind(h);
