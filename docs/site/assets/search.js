// Search of the HTML reference: lists the names that contain the text of the field.
"use strict";

const LIMIT = 20;
const search = document.querySelector(".search");
const field = search.querySelector("input");
const list = search.querySelector("ul");
const base = document.querySelector('script[src$="names.js"]').src;

function entry(content, href) {
    const item = document.createElement("li");
    if (href) {
        const link = document.createElement("a");
        link.href = new URL(href, base);
        link.textContent = content;
        item.append(link);
    } else {
        item.className = "none";
        item.textContent = content;
    }
    return item;
}

function show() {
    const words = field.value
        .toLowerCase()
        .split(/[\s_]+/)
        .filter(Boolean);
    const matches = (name) => words.every((word) => name.toLowerCase().includes(word));
    const found = words.length ? NAMES.filter(([name]) => matches(name)) : [];
    // The shortest names first: `s2n_send` before `s2n_send_early_data`.
    found.sort(([a], [b]) => a.length - b.length || a.localeCompare(b));
    const entries = found.slice(0, LIMIT).map(([name, target]) => entry(name, target));
    if (found.length > LIMIT) {
        entries.push(entry(`and ${found.length - LIMIT} more`));
    }
    list.replaceChildren(...(entries.length ? entries : [entry("No name contains that")]));
    list.hidden = words.length === 0;
}

field.addEventListener("input", show);
search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
        list.hidden = true;
    } else if (event.key === "Enter" && event.target === field) {
        list.querySelector("a")?.click();
    }
});
search.addEventListener("click", (event) => {
    if (event.target.tagName === "A") {
        list.hidden = true;
    }
});
document.addEventListener("focusin", (event) => {
    if (!search.contains(event.target)) {
        list.hidden = true;
    }
});
search.hidden = false;
