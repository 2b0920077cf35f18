// Suggestions below the search box, copy buttons behind addresses, a spoken count. Without it every page is whole.
"use strict";

const WAIT = 180; // milliseconds of silence before a question
const LEAST = 2; // letters
const status = document.getElementById("annonce");

function announce(text) {
  if (!status) return;
  status.textContent = "";
  setTimeout(() => { status.textContent = text; }, 60);
}

// The count of an answer, once the page has been read out.
const counted = document.querySelector("[data-announce]");
if (counted) setTimeout(() => announce(counted.textContent.trim()), 400);

// Empty fields stay out of the address.
const form = document.getElementById("recherche");
if (form) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value.trim()) event.formData.delete(name);
  });
}

// Copy buttons, where the browser lets a page write to the clipboard.
if (navigator.clipboard && navigator.clipboard.writeText) {
  for (const link of document.querySelectorAll("a[data-address]")) {
    const address = link.dataset.address;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copier";
    button.setAttribute("aria-label", "Copier l’adresse " + address);
    button.addEventListener("click", async () => {
      let done = true;
      try { await navigator.clipboard.writeText(address); } catch { done = false; }
      button.textContent = done ? "Copié" : "Copie refusée";
      announce(done ? "Adresse copiée" : "Le navigateur a refusé la copie");
      setTimeout(() => { button.textContent = "Copier"; }, 2500);
    });
    link.after(button);
  }
}

// The combobox of the ARIA Authoring Practices: list of suggestions, chosen by the arrows, the focus stays in the box.
const KINDS = { professional: "Professionnel", profession: "Profession", specialty: "Spécialité", city: "Commune", organization: "Structure" };
const PAGES = { professional: "/professionnel/", organization: "/structure/" };
const CRITERIA = ["q", "profession", "specialty", "city", "department", "organization", "name", "given", "postal_code", "identifier", "address"];

function combobox(input) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    input.setAttribute(name, value);
  }

  let timer, asking, chosen = -1, items = [], silentUntil = 0;

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function choose(at) {
    chosen = at;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    const option = list.children[at];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function show(suggestions) {
    items = suggestions;
    list.replaceChildren(...items.map((item, i) => {
      const option = document.createElement("li");
      option.id = "suggestion-" + i;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = item.label;
      const detail = document.createElement("span");
      detail.textContent = [KINDS[item.kind], item.detail].filter(Boolean).join(" · ");
      option.append(detail);
      option.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
      option.addEventListener("click", () => go(item));
      return option;
    }));
    choose(-1);
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(items.length > 0));
    announce(items.length === 0 ? "Aucune suggestion" : items.length === 1 ? "1 suggestion, flèche bas pour la choisir" : items.length + " suggestions, flèches haut et bas pour choisir");
  }

  // A person or a structure has its page; anything else is a criterion beside the filters in place.
  function go(item) {
    if (item.id && PAGES[item.kind]) {
      location.assign(PAGES[item.kind] + encodeURIComponent(item.id));
      return;
    }
    const asked = new URLSearchParams(new FormData(form));
    asked.delete("q");
    for (const name of CRITERIA) if (item.search && typeof item.search[name] === "string") asked.set(name, item.search[name]);
    location.assign("/?" + asked);
  }

  async function ask() {
    const text = input.value.trim();
    if (asking) asking.abort();
    if (text.length < LEAST || Date.now() < silentUntil) return close();
    const mine = asking = new AbortController();
    try {
      const answer = await fetch("/v1/suggest?q=" + encodeURIComponent(text), { signal: mine.signal, headers: { accept: "application/json" } });
      if (!answer.ok) {
        // Too fast or too busy: quiet for a while.
        silentUntil = Date.now() + (answer.status === 429 || answer.status >= 500 ? 5000 : 1000);
        return close();
      }
      const { suggestions } = await answer.json();
      if (mine === asking && document.activeElement === input) show(Array.isArray(suggestions) ? suggestions.slice(0, 10) : []);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      // One place before the first option is the box itself.
      const places = items.length + 1;
      choose((chosen + 1 + (event.key === "ArrowDown" ? 1 : places - 1)) % places - 1);
    } else if (event.key === "ArrowDown") ask();
    else if (open && event.key === "Escape") close();
    else if (open && event.key === "Enter" && chosen >= 0) go(items[chosen]);
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  form.addEventListener("submit", () => { clearTimeout(timer); if (asking) asking.abort(); });
}

const box = document.getElementById("q");
if (box && form) combobox(box);
