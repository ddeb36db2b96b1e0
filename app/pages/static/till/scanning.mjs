// A scanner is a keyboard that types a card and presses Enter, wherever the focus is.
import { createStore } from "kit/store.mjs";
import { navigate } from "kit/router.mjs";
import { api } from "./seller.mjs";

/** What is in the box on the idle screen, and whether Enter was pressed before the box was there to hear it. */
export const typed = createStore("");
export const entered = createStore(false);

const SCANNED_WITHIN = 150; // milliseconds from a card's last character to its Enter; nobody presses a button that fast
let typedAt = -Infinity;

const isWriting = (element) => Boolean(element.closest?.("input, textarea, select"));

addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target) || !api.signedIn.get()) return;
    const isAsked = Boolean(document.querySelector("dialog[open]"));
    if (event.key === "Enter" && event.timeStamp - typedAt < SCANNED_WITHIN) {
      // The end of a card that was scanned beside the box must not press the button that has the focus.
      event.preventDefault();
      event.stopPropagation();
      if (!isAsked && typed.get()) entered.set(true);
    } else if (event.key === "Escape" && !isAsked) {
      navigate("/");
    } else if (event.key.length === 1) {
      typedAt = event.timeStamp;
      if (isAsked || event.key === " ") return;
      event.preventDefault();
      typed.set((before) => before + event.key);
      navigate("/");
    }
  },
  true,
);
