/** The page: the canisters of the replica, or one of them with its methods. */

import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";
import "./style/value.css";
import { copyButton, fill, h } from "./dom";
import { fetchInterface } from "./network/api";
import { Identities } from "./network/identities";
import { Context } from "./views/context";
import { IdentityMenu } from "./views/identity";
import { landing } from "./views/landing";
import { MethodView } from "./views/method";
import { Overview } from "./views/overview";
import { linkTo, Sidebar } from "./views/sidebar";

const root = document.getElementById("app")!;
const identities = new Identities();
const menu = new IdentityMenu(identities);
identities.onchange = () => menu.draw();

async function start(): Promise<void> {
  const canister = new URLSearchParams(location.search).get("id")?.trim();
  if (!canister) {
    document.title = "Canisters";
    fill(root, bar(undefined), landing());
    return;
  }
  document.title = `${canister} · Candid`;
  const body = h("div", {}, h("main", { class: "loading" }, h("p", { class: "hint" }, "Reading the interface…")));
  fill(root, bar(canister), body);
  try {
    showCanister(new Context(await fetchInterface(canister), identities), body);
  } catch (error) {
    fill(root, bar(undefined), landing(error));
  }
}

function bar(canister: string | undefined): HTMLElement {
  const id = canister && h("span", { class: "canister" }, h("span", { class: "mono" }, canister), copyButton("Copy", () => canister, "Copy the canister id"));
  return h("header", { class: "bar" }, h("a", { href: "/_/candid", class: "home", title: "All canisters" }, "Candid"), id, menu.element);
}

function showCanister(context: Context, body: HTMLElement): void {
  const main = h("main", { class: "content" });
  const sidebar = new Sidebar(context.interface.methods);
  const views = new Map<string, MethodView>();
  const viewOf = (name: string): MethodView | undefined => {
    const method = context.methods.get(name);
    if (method && !views.has(name)) views.set(name, new MethodView(context, method));
    return views.get(name);
  };
  const overview = new Overview(context, (name, number) => {
    const entry = context.log.entries.find((each) => each.number === number);
    if (entry) viewOf(name)?.recall(entry);
    location.hash = linkTo(name);
  });

  function show(focused: boolean): void {
    const name = decoded(location.hash.slice(1));
    const view = name ? viewOf(name) : undefined;
    sidebar.mark(view && name);
    document.title = `${view ? `${name} · ` : ""}${context.interface.canister} · Candid`;
    fill(main, name && !view ? h("p", { class: "inline-problem failed", role: "alert" }, `This canister has no method “${name}”.`) : null, (view ?? overview).element);
    if (focused) {
      scrollTo({ top: 0 });
      main.querySelector<HTMLElement>("h1")?.focus();
    }
  }

  fill(body, h("div", { class: "split" }, sidebar.element, main));
  show(false);
  addEventListener("hashchange", () => show(true));
  addEventListener("keydown", (event) => {
    if (event.target instanceof Element && event.target.closest(".identity")) return;
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void views.get(decoded(location.hash.slice(1)))?.send();
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      sidebar.focusFilter();
    }
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

void start();
