// The console: campaigns, customers and the programme around them, for an admin.
import { html } from "kit/html.mjs";
import { Router, to, usePlace } from "kit/router.mjs";
import { Frame, NotFound, Session } from "kit/session.mjs";
import { start } from "kit/start.mjs";
import { t } from "kit/texts.mjs";
import { Button } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Account } from "./account.mjs";
import { Audit } from "./audit.mjs";
import { Campaign } from "./campaign.mjs";
import { Campaigns } from "./campaigns.mjs";
import { Customer } from "./customer.mjs";
import { Customers } from "./customers.mjs";
import { Earning } from "./earning.mjs";
import { Home } from "./overview.mjs";
import { NewCampaign } from "./new.mjs";
import { Partners } from "./partners.mjs";
import { Programme } from "./programme.mjs";
import { Sale, Sales } from "./sales.mjs";
import { Seen } from "./seen.mjs";
import { Staff } from "./staff.mjs";

const ROUTES = [
  ["/", Home],
  ["/campaigns", Campaigns],
  ["/campaigns/new", NewCampaign],
  ["/campaigns/:campaign/:part?", Campaign],
  ["/seen", Seen],
  ["/customers", Customers],
  ["/customers/:customer", Customer],
  ["/sales", Sales],
  ["/sales/:sale", Sale],
  ["/earning", Earning],
  ["/programme", Programme],
  ["/staff", Staff],
  ["/partners", Partners],
  ["/audit", Audit],
  ["/account", Account],
];
const MENU = [
  ["/", "home", "menu.home"],
  ["/campaigns", "gift", "menu.campaigns"],
  ["/seen", "target", "menu.seen"],
  ["/customers", "people", "menu.customers"],
  ["/sales", "till", "menu.sales"],
  ["/earning", "plus", "menu.earning"],
  ["/programme", "steps", "menu.programme"],
  ["/staff", "shop", "menu.staff"],
  ["/partners", "key", "menu.partners"],
  ["/audit", "list", "menu.audit"],
];

function Screens({ session }) {
  const { path } = usePlace();
  const isHere = (place) => (place === "/" ? path === "/" : path === place || path.startsWith(`${place}/`));
  return html`
    <${Frame}
      sided
      home=${to("/")}
      menu=${MENU.map(([place, icon, text]) => [to(place), icon, t(text), isHere(place)])}
      bar=${html`<${Button} kind="plain" href=${to("/account")} icon="people"><span class="name">${session.username}</span><//>`}
    >
      <${Router} routes=${ROUTES} otherwise=${NotFound} />
    <//>
  `;
}

const Console = () => html`
  <${Session} api=${api} nameLabel=${t("username")}>${(session) => html`<${Screens} session=${session} />`}<//>
`;

start(Console);
