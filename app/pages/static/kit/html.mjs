// What every module of the pages writes its markup with.
import { h, render, Fragment, createContext } from "preact";
import htm from "htm";

export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useId } from "preact/hooks";
export { render, Fragment, createContext };
export const html = htm.bind(h);
