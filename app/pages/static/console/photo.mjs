// The picture of a campaign, a level or a rule: dropped or chosen, seen before it is sent.
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { useGuard } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Dialog, Empty, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { taken } from "./codefile.mjs";

/** A button beside something in a list, and the photo in a dialog. `path` is where it is shown, changed and removed. */
export function PhotoButton({ name, path, hasPhoto, reload }) {
  const [isOpen, setOpen] = useState(false);
  const done = () => (setOpen(false), reload());
  return html`
    <${Button} kind="plain" icon="photo" onClick=${() => setOpen(true)} aria-label=${t("photo.of", { name })}>${t("part.photo")}<//>
    ${isOpen && html`<${Dialog} title=${t("photo.of", { name })} onClose=${() => setOpen(false)}><${Photo} address=${path} shown=${hasPhoto && path} none="" reload=${done} /><//>`}
  `;
}

export function Photo({ address, shown, none = t("photo.none"), reload }) {
  const [file, setFile] = useState(null);
  const [send, { busy, error }] = useAct(async () => {
    const form = new FormData();
    form.append("photo[file]", file);
    await api.call("POST", address, { form });
    setFile(null);
    say(t("photo.saved"), "good");
    reload();
  });
  const [remove, removing] = useAct(async () => {
    if (!(await confirm({ title: t("photo.remove.title"), yes: t("remove"), danger: true }))) return;
    await api.delete(address);
    reload();
  });
  useGuard(Boolean(file), () => confirm({ title: t("photo.leave"), text: t("edit.leave.text"), yes: t("edit.leave.yes"), danger: true }));
  return html`
    <section class="sheet" aria-label=${t("part.photo")}>
      ${file ? html`<${Preview} file=${file} />` : shown ? html`<${Shown} path=${shown} />` : none && html`<${Empty} icon="photo" title=${none} />`}
      <${Drop} onFile=${setFile} />
      <${Trouble} error=${error ?? removing.error} />
      <div class="row end">
        ${!file && shown && html`<${Button} kind="danger" busy=${removing.busy} onClick=${remove}>${t("photo.remove")}<//>`}
        ${file && html`<${Button} onClick=${() => setFile(null)}>${t("cancel")}<//><${Button} kind="main-action" busy=${busy} onClick=${send}>${t("photo.use")}<//>`}
      </div>
    </section>
  `;
}

function Drop({ onFile }) {
  const [isOver, setOver] = useState(false), chooser = useRef();
  const take = (event) => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file) onFile(file);
  };
  return html`
    <div class="drop ${isOver ? "over" : ""}" onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${take}>
      <p>${t("photo.drop")}</p>
      <input ref=${chooser} class="unseen" type="file" tabindex="-1" aria-hidden="true" accept="image/png,image/jpeg,image/gif,image/webp" onChange=${(event) => taken(event.currentTarget, onFile)} />
      <${Button} icon="photo" onClick=${() => chooser.current.click()}>${t("photo.choose")}<//>
      <p class="small soft">${t("photo.hint")}</p>
    </div>
  `;
}

/** A file of this device, as a picture. */
const Preview = ({ file }) => html`<figure class="stack tight" style=${{ maxWidth: "28rem" }}><${Drawn} blob=${file} alt=${t("photo.preview")} /><figcaption class="small soft name">${file.name}</figcaption></figure>`;

function Drawn({ blob, alt }) {
  const [address, setAddress] = useState(null);
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address && html`<img class="picture" style=${{ maxWidth: "28rem" }} src=${address} alt=${alt} />`;
}

/** The photo that is there, asked for with the token: that of a draft is shown to the staff only. */
function Shown({ path }) {
  const photo = useLoad(async (signal) => (await api.call("GET", path, { as: "blob", signal })).data, [path]);
  if (photo.error) return html`<${Trouble} error=${photo.error} retry=${photo.reload} />`;
  return photo.data ? html`<${Drawn} blob=${photo.data} alt=${t("photo.now")} />` : html`<div class="picture bone"></div>`;
}
