// A campaign's document, to be changed section by section. What is wrong is said beside the field as soon as it is; what would change
// in a campaign that runs is said in words before it is saved.
import { html, useEffect, useMemo, useRef, useState } from "kit/html.mjs";
import { dateTime } from "kit/format.mjs";
import { useAct, useLoad, useStill } from "kit/load.mjs";
import { isUnanswered, once } from "kit/once.mjs";
import { navigate, useGuard } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Bones, Button, Note, Trouble, confirm, say } from "kit/ui.mjs";
import { api, campaignPath } from "./api.mjs";
import { at, put, slug } from "./document.mjs";
import { Audience } from "./sections/audience.mjs";
import { Basics, Texts } from "./sections/basics.mjs";
import { Behaviors } from "./sections/behaviors.mjs";
import { Limits } from "./sections/limits.mjs";
import { More } from "./sections/more.mjs";
import { Rewards } from "./sections/rewards.mjs";
import { Schedule } from "./sections/schedule.mjs";
import { changeText } from "./words.mjs";

const SECTIONS = [Basics, Rewards, Behaviors, Limits, Audience, Schedule, Texts, More];

/** `campaign` and its `etag` of one that is there, which begins anew with another, or `begun`, the beginning of a new one. `onSaved` gets what was answered. */
export function Editor({ campaign, etag, begun, onSaved }) {
  const [first, setFirst] = useState(campaign ?? begun), [document, setDocument] = useState(first);
  useEffect(() => {
    globalThis.document.documentElement.style.setProperty("--below", "5rem");
    return () => globalThis.document.documentElement.style.removeProperty("--below");
  }, []);
  const [chosenKey, setChosenKey] = useState(Boolean(campaign));
  const [isTouched, setTouched] = useState(false);
  const choices = useLoad((signal) => api.get("/api/admin/choices", {}, { signal }));
  const isChanged = document !== first;
  const still = useStill(document, 400);
  const plan = useLoad((signal) => (still === first && campaign ? Promise.resolve(null) : planned(still, campaign, etag, signal)), [still]);
  /** A new campaign whose key nobody chose has another one when there is such a campaign already. */
  async function withOwnKey(wanted) {
    if (campaign || chosenKey || isUnanswered(meant(wanted))) return wanted;
    const { problems: found, refused } = await planned(wanted);
    if (![...found, ...refused].some((it) => it.code === "key_taken")) return wanted;
    const changed = put(wanted, "/key", unlike(wanted.key));
    setDocument(put(document, "/key", changed.key));
    return changed;
  }
  const meant = (wanted) => ["campaign", api.signedIn.get().login, wanted];
  /** Whether it can be saved, and somebody wants that, who has read what changes. */
  async function isPossible(wanted) {
    const ahead = await planned(wanted, campaign, etag);
    if (ahead.problems.length + ahead.refused.length === 0) return isWanted(ahead, wanted, campaign);
    plan.put(ahead);
    say(t("edit.problems", { n: ahead.problems.length + ahead.refused.length }), "bad");
    requestAnimationFrame(() => globalThis.document.querySelector("[aria-invalid=true], .note.bad")?.scrollIntoView({ block: "center" }));
    return false;
  }
  const [save, saving] = useAct(async (lifecycle) => {
    setTouched(true);
    const wanted = await withOwnKey(lifecycle ? put(document, "/lifecycle", lifecycle) : document);
    if (!isUnanswered(meant(wanted)) && !(await isPossible(wanted))) return; // what may have been done already is only asked again
    const answer = campaign
      ? await api.call("PUT", campaignPath(campaign.state.id), { json: wanted, ifMatch: etag })
      : await once(meant(wanted), (key) => api.call("POST", "/api/admin/campaigns", { json: wanted, key }));
    say(t("edit.saved", { name: answer.data.name }), "good");
    if (campaign) {
      setFirst(answer.data); // what was written here is saved
      setDocument(answer.data);
      return onSaved(answer);
    }
    unguard.current = true;
    navigate(`/campaigns/${answer.data.key}${answer.data.sale ? "/codes" : ""}`);
  });
  const unguard = useRef(false);
  useGuard(isChanged, () => unguard.current || confirm({ title: t("edit.leave"), text: t("edit.leave.text"), yes: t("edit.leave.yes"), danger: true }));

  const problems = useMemo(() => byPath(plan.data), [plan.data]);
  const used = new Set();
  const edit = {
    document,
    choices: choices.data,
    campaign,
    isNew: !campaign,
    value: (pointer) => at(document, pointer),
    set: (pointer, value) => setDocument((before) => renamed(put(before, pointer, value), pointer, chosenKey, setChosenKey)),
    /** What is wrong at a place, once somebody has tried to save or what is wrong was there before. */
    problem: (pointer) => {
      const found = problems.get(pointer);
      if (found) used.add(pointer);
      return found && (isTouched || !["/name", "/key"].includes(pointer)) ? found : undefined;
    },
  };
  if (choices.error) return html`<${Trouble} error=${choices.error} retry=${choices.reload} />`;
  if (!choices.data) return html`<${Bones} lines=${8} />`;
  const sections = SECTIONS.map((Section) => html`<${Section} key=${Section.name} edit=${edit} />`);
  return html`
    <form class="stack wide" novalidate onSubmit=${(event) => (event.preventDefault(), save())}>
      ${sections}
      <${Rest} problems=${problems} used=${used} isTouched=${isTouched} />
      ${plan.data?.warnings?.map((it) => html`<${Note} key=${it.path + it.message} tone="warn" icon="alert">${it.message}<//>`)}
      <${Trouble} error=${saving.error} />
      <div class="row end savebar">
        ${campaign && isChanged && html`<${Button} onClick=${() => (setDocument(first), plan.put(null))}>${t("edit.undo")}<//>`}
        ${document.lifecycle === "draft" &&
        html`<${Button} busy=${saving.busy} onClick=${() => save("draft")} disabled=${Boolean(campaign) && !isChanged}>${t("edit.save-draft")}<//>`}
        ${document.lifecycle === "draft"
          ? html`<${Button} kind="main-action" busy=${saving.busy} onClick=${() => save("live")}>${t("edit.publish")}<//>`
          : html`<${Button} kind="main-action" type="submit" busy=${saving.busy} disabled=${!isChanged}>${t("save")}<//>`}
      </div>
    </form>
  `;
}

/** Problems that no field shows. */
function Rest({ problems, used, isTouched }) {
  const rest = [...problems].filter(([path]) => !used.has(path) && (isTouched || !["/name", "/key"].includes(path)));
  if (rest.length === 0) return null;
  return html`<${Note} tone="bad" icon="alert" role="alert"><ul>${rest.map(([path, messages]) => html`<li key=${path}>${messages.join(" ")} <span class="mono small">${path}</span></li>`)}</ul><//>`;
}

function byPath(plan) {
  const found = new Map();
  for (const it of [...(plan?.problems ?? []), ...(plan?.refused ?? [])]) found.set(it.path, [...(found.get(it.path) ?? []), it.message]);
  return found;
}

const unlike = (key) => `${key}-${Math.random().toString(36).slice(2, 6)}`;

/** The key follows the name until somebody writes one. */
function renamed(document, pointer, chosenKey, setChosenKey) {
  if (pointer === "/key") setChosenKey(true);
  return pointer === "/name" && !chosenKey ? { ...document, key: slug(document.name) || (document.name.trim() && unlike("campaign")) } : document;
}

/** What would become of the document, and nothing done. */
async function planned(document, campaign, etag, signal) {
  const path = campaign ? campaignPath(campaign.state.id, "?dry_run=true") : "/api/admin/campaigns?dry_run=true";
  const { data } = await api.call(campaign ? "PUT" : "POST", path, { json: document, ifMatch: campaign && etag, signal });
  return data;
}

/** Of a campaign that runs, what changes is said in words first; so is what is worth a second look of one that is published. */
async function isWanted(plan, document, campaign) {
  const isLive = document.lifecycle === "live";
  const changes = campaign ? plan.differences.map((it) => changeText(it.text)) : [];
  const points = [...changes, ...plan.warnings.map((it) => it.message)];
  if (!isLive || (points.length === 0 && campaign)) return true;
  const begins = document.activity.from && new Date(document.activity.from) > new Date() && dateTime(document.activity.from, document.hours.time_zone);
  const when = begins ? t("edit.begins", { at: begins }) : null;
  if (campaign?.lifecycle !== "live") return confirm({ title: t("edit.publish-now"), text: when ?? t("edit.publish-now.text"), points, yes: t("edit.publish") });
  return confirm({ title: t(when ? "edit.change-planned" : "edit.change-live"), text: when ?? t("edit.change-live.text"), points, yes: t("save") });
}
