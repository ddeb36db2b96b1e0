// A button for something that takes a moment, or cannot be done any more: it keeps the focus, which a disabled one would lose.
import { html } from "kit/html.mjs";
import { Button } from "kit/ui.mjs";

/** `off` when it cannot be done now: what says why stands beside it. `onClick` is not called twice at once: see `useAct`. */
export const Action = ({ busy, off, onClick, children, ...rest }) => html`
  <${Button} ...${rest} onClick=${off ? undefined : onClick}
    aria-disabled=${busy || off ? "true" : undefined} aria-busy=${busy ? "true" : undefined}>
    ${children}<//>
`;
