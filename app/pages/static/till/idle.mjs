// Nobody is being served: one box, always ready for a scanner or for typing.
import { html, useEffect, useLayoutEffect, useRef, useState } from "kit/html.mjs";
import { priced } from "kit/format.mjs";
import { useAct, useLoad, useStill } from "kit/load.mjs";
import { navigate, to } from "kit/router.mjs";
import { useStore } from "kit/store.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Bones, Button, Empty, Trouble, useTitle } from "kit/ui.mjs";
import { find } from "./customers.mjs";
import { entered, typed } from "./scanning.mjs";

const NOTHING = { text: "", customers: [], isOld: false };

export function Idle() {
  const text = useStore(typed), wanted = text.trim();
  const still = useStill(wanted, 150);
  const found = useLoad((signal) => find(still, signal), [still]);
  const { customers, ...answer } = found.data ?? NOTHING;
  const isAnswered = answer.text === wanted && !found.loading;
  const [choice, setChoice] = useState({ of: "", at: -1 }); // a choice among these is none among others
  const chosen = choice.of === answer.text ? choice.at : -1;
  const box = useRef();

  useLayoutEffect(() => {
    box.current.focus();
    box.current.setSelectionRange(text.length, text.length);
  }, []);
  // Whoever gives the focus to this screen, a dialog that closes late, say, gives it to the box.
  useLayoutEffect(() => {
    const content = document.getElementById("content"), give = () => box.current?.focus();
    content.addEventListener("focus", give);
    return () => content.removeEventListener("focus", give);
  }, []);
  useTitle(() => t("idle.title"));

  const [enter, { error, clear }] = useAct(async () => {
    if (!wanted) return;
    if (isAnswered && customers[chosen]) return open(customers[chosen]);
    const { customers: those } = isAnswered ? { customers } : await find(wanted);
    const whole = those.find((it) => it.card === wanted);
    if (whole || those.length === 1) return open(whole ?? those[0]);
    if (those.length) setChoice({ of: wanted, at: 0 });
    box.current.select(); // the next card replaces this one
  });

  const isEntered = useStore(entered);
  useEffect(() => {
    if (!isEntered) return;
    entered.set(false);
    void enter();
  }, [isEntered]);

  function open(customer) {
    typed.set("");
    navigate(`/customer/${encodeURIComponent(customer.id)}`);
  }

  function press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && customers.length) {
      event.preventDefault();
      setChoice({ of: answer.text, at: chosen < 0 && step < 0 ? customers.length - 1 : (chosen + step + customers.length) % customers.length });
    } else if (event.key === "Enter") {
      event.preventDefault();
      void enter();
    } else if (event.key === "Escape") {
      typed.set("");
    }
  }

  const type = (event) => {
    clear();
    typed.set(event.currentTarget.value);
  };

  return html`
    <div class="stack wide" style=${{ width: "min(46rem, 100%)", margin: "0 auto", paddingTop: "min(10vh, 5rem)" }}>
      <h1 class="display"><label for="card">${t("idle.title")}</label></h1>
      <div class="stack tight">
        <input
          id="card"
          class="input huge"
          ref=${box}
          value=${text}
          onInput=${type}
          onKeyDown=${press}
          placeholder=${t("idle.placeholder")}
          autocomplete="off"
          autocapitalize="off"
          spellcheck=${false}
          enterkeyhint="go"
          role="combobox"
          aria-autocomplete="list"
          aria-expanded=${String(customers.length > 0)}
          aria-controls=${customers.length ? "found" : undefined}
          aria-activedescendant=${customers[chosen] ? `found-${chosen}` : undefined}
          aria-describedby="how"
        />
        <p class="soft small" id="how">${t("idle.text")}</p>
      </div>
      <div role="status" class="unseen">${isAnswered && wanted && t("idle.found", { n: customers.length })}</div>
      <${Trouble} error=${error ?? found.error} retry=${found.error ? found.reload : null} />
      ${wanted && !isAnswered && !found.error && customers.length === 0 && html`<${Bones} lines=${2} height="3.5rem" />`}
      ${customers.length > 0 &&
      html`<ul class="stack tight" id="found" role="listbox" aria-label=${t("idle.who")}>
        ${customers.map((it, i) => html`<${Found} key=${it.id} id=${`found-${i}`} customer=${it} isChosen=${i === chosen} onOpen=${() => open(it)} />`)}
      </ul>`}
      ${wanted && isAnswered && !found.error && customers.length === 0 && html`<${Nobody} wanted=${wanted} isOld=${answer.isOld} />`}
      ${!wanted && html`<div><${Button} icon="plus" href=${to("/register")}>${t("register.title")}<//></div>`}
    </div>
  `;
}

const Found = ({ id, customer, isChosen, onOpen }) => html`
  <li
    id=${id}
    role="option"
    aria-selected=${String(isChosen)}
    class="tile"
    style=${{ cursor: "pointer", outline: isChosen ? "3px solid var(--accent)" : "none", outlineOffset: "-2px" }}
    onMouseDown=${(event) => event.preventDefault()}
    onClick=${onOpen}
  >
    <div class="body">
      <div class="row apart">
        <span class="grow stack" style=${{ gap: 0 }}>
          <span class="strong large name clamp">${customer.name}</span>
          <span class="soft small name clamp">${[customer.card, customer.email ?? customer.phone].filter(Boolean).join(" · ")}</span>
        </span>
        ${!customer.isActive && html`<${Badge} tone="warn">${t("customer.inactive.badge")}<//>`}
        <span class="strong number">${priced(customer.balance)}</span>
      </div>
    </div>
  </li>
`;

const Nobody = ({ wanted, isOld }) => html`
  <${Empty} icon="search" title=${t("idle.nobody", { text: wanted })}>
    <p>${t(isOld ? "idle.nobody.offline" : "idle.nobody.text")}</p>
    ${!isOld && html`<${Button} href=${to("/register", { card: wanted })}>${t("idle.register")}<//>`}
  <//>
`;
